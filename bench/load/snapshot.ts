import { type Contender, interleave, medianOf } from "../harness/interleave.ts";
import { atMost, type Context, type Measured, type Scenario } from "../harness/scenario.ts";
import { p50Us } from "../harness/statistics.ts";
import { type Site, storeName } from "../site/site.ts";
import { Account } from "../work/account.ts";
import { jetfoldLoads } from "./load.ts";
import { eventsAfter, saveSnapshots } from "./save-snapshots.ts";
import { idOfAggregate, openFilledSite, wide, wideEvents } from "./stream.ts";

/** A snapshot and the events after it. */
export const snapshotLoad: Scenario = { key: "load.snapshot", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale, signal } = context;
  const total = scale.pick(100_000, 20_000, 2_000);
  const loads = scale.pick(100, 40, 5);
  const site = await openFilledSite(context, wide(total), { plain: false });
  await saveSnapshots(context, site, total / wideEvents, loads * (scale.rounds + 1));
  const figures = await interleave(context, "us", [
    await jetfoldLoads(site, { loads, events: wideEvents, signal }),
    await roundTrips(site, loads, signal),
  ]);
  const value = medianOf(figures, "jetfold");
  const trip = medianOf(figures, "wire");
  return {
    key: "load.snapshot",
    value,
    unit: "us p50",
    scale: `a snapshot and ${eventsAfter} later events in a stream of ${total}; ${loads} loads a round, each of another aggregate`,
    ratio: { wire: trip / value },
    bars: [atMost(3, value / trip, "round trips")],
    figures,
    notes: ["wire: one round trip, a request for one stored message (direct get), awaited"],
  };
}

async function roundTrips(site: Site, loads: number, signal: AbortSignal): Promise<Contender> {
  const connection = await site.connect();
  const stem = `$JS.API.DIRECT.GET.${storeName}.${storeName}.${Account.events.name}`;
  const round = (index: number): Promise<number> =>
    p50Us(loads, signal, (i) =>
      connection.request(`${stem}.${idOfAggregate(index * loads + i)}`, "", { timeout: 5_000 }),
    );
  return { name: "wire", round };
}
