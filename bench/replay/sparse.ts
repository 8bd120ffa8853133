import { msgpackCodec } from "jetfold";
import { readFrame } from "jetfold/backend";
import type { Msg } from "@nats-io/nats-core";
import { type Contender, interleave, medianOf, ratios } from "../harness/interleave.ts";
import { atLeast, type Context, type Measured, type Scenario } from "../harness/scenario.ts";
import { wallMs } from "../harness/statistics.ts";
import { type Filling, fillPlain, fillStore } from "../site/fill.ts";
import { rawReplay } from "../site/raw-replay.ts";
import { openSite, type Site, storeName } from "../site/site.ts";
import { deposit, type Deposited, familyOf, noBalance } from "../work/account.ts";
import { assertRead, jetfoldReplay, natsjsReplay, type Wanted } from "./contenders.ts";

/** One event in so many is of the family that is read. */
const oneIn = 200;
const rare = familyOf("Complaint");

/** A family that is 0.5 % of the stream. */
export const sparseReplay: Scenario = { key: "replay.sparse", measure };

async function measure(context: Context): Promise<Measured> {
  const total = context.scale.pick(400_000, 40_000, 4_000);
  const site = await openSite(context);
  await site.openStore();
  await fillStore(context, site, mostlyOthers(total));
  await fillPlain(context, site, mostlyOthers(total));
  const wanted: Wanted = { families: [rare], events: total / oneIn };
  const figures = await interleave(context, "ms", [
    await jetfoldReplay(site, wanted),
    await rawContender(site, wanted, total, true),
    await rawContender(site, wanted, total, false),
    await natsjsReplay(site, wanted),
  ]);
  const ratio = ratios(figures, false);
  const value = medianOf(figures, "jetfold");
  const better = Math.min(medianOf(figures, "wire-filtered"), medianOf(figures, "wire-unfiltered"));
  return {
    key: "replay.sparse",
    value,
    unit: "ms",
    scale: `${wanted.events} of ${total} events, every ${oneIn}th, every body of them decoded`,
    ratio,
    bars: [atLeast(1, better / value, "of the better of filtered and unfiltered")],
    figures,
    notes: [
      "wire-filtered, wire-unfiltered: raw push subscriptions whose messages of the family are checked and decoded as jetfold does",
    ],
  };
}

function mostlyOthers(total: number): Filling {
  const others = 3_000;
  const rares = 100;
  return {
    total,
    aggregates: others + rares,
    aggregateOf: (n) => (n % oneIn === 0 ? others + ((n / oneIn) % rares) : n % others),
    addressOf: (n) => ({ family: n < others ? "Account" : rare.name, id: `aggregate-${n}` }),
  };
}

async function rawContender(
  site: Site,
  { events }: Wanted,
  total: number,
  filtered: boolean,
): Promise<Contender> {
  const connection = await site.connect();
  const stem = `${storeName}.${rare.name}.`;
  const filter = filtered ? { filter: `${stem}*` } : {};
  const read = async (): Promise<void> => {
    let balance = noBalance;
    const take = (message: Msg): void => {
      if (!message.subject.startsWith(stem)) return;
      for (const event of decoded(message, message.subject.slice(stem.length))) {
        balance = deposit(balance, event);
      }
    };
    await rawReplay(connection, filtered ? events : total, { ...filter, take });
    assertRead(balance, events);
  };
  return { name: filtered ? "wire-filtered" : "wire-unfiltered", round: () => wallMs(read) };
}

function decoded({ data: payload }: Msg, id: string): readonly Deposited[] {
  const { events } = readFrame({ family: rare.name, id, payload, sequence: 1, timeMs: 0 });
  return events.map(({ type, body }) => {
    const data = msgpackCodec.decode(body, type) as Omit<Deposited, "type">;
    return { ...data, type: "Deposited" };
  });
}
