import { jetstream } from "@nats-io/jetstream";
import { type Contender, interleave, medianOf } from "../harness/interleave.ts";
import { atLeast, type Context, type Measured, type Scenario } from "../harness/scenario.ts";
import { wallMs } from "../harness/statistics.ts";
import type { Site } from "../site/site.ts";
import { jetfoldLoad, natsjsLoad } from "./load.ts";
import { saveSnapshots } from "./save-snapshots.ts";
import { openFilledSite, wide, wideEvents } from "./stream.ts";

/** The first load after a restart of the server. */
export const cold: Scenario = { key: "load.cold", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale } = context;
  const total = scale.pick(1_000_000, 20_000, 2_000);
  const site = await openFilledSite(context, wide(total), { plain: true });
  const snapshots = scale.rounds + 1;
  await saveSnapshots(context, site, total / wideEvents, snapshots);
  const figures = await interleave(context, "us", [
    afterRestart(site, "jetfold, snapshot", async () => {
      const store = await site.openStore();
      return (index) => jetfoldLoad(store, index, wideEvents);
    }),
    afterRestart(site, "jetfold", async () => {
      const store = await site.openStore();
      return (index) => jetfoldLoad(store, snapshots + index, wideEvents);
    }),
    afterRestart(site, "natsjs", async () => {
      const client = jetstream(await site.connect());
      return (index) => natsjsLoad(client, snapshots + index, wideEvents);
    }),
  ]);
  const natsjs = medianOf(figures, "natsjs");
  const withSnapshot = natsjs / medianOf(figures, "jetfold, snapshot");
  return {
    key: "load.cold",
    value: medianOf(figures, "jetfold, snapshot"),
    unit: "us",
    scale: `the first load after a restart, of ${wideEvents} events in a stream of ${total}; the value is with a snapshot that has 5 later events`,
    ratio: { natsjs: withSnapshot, "natsjs-no-snapshot": natsjs / medianOf(figures, "jetfold") },
    bars: [atLeast(10, withSnapshot, "x natsjs, with a snapshot")],
    figures,
    notes: ["the server's process is new, the files may be in the system's page cache"],
  };
}

/** Restart the server, get ready, and time one load. */
function afterRestart(
  site: Site,
  name: string,
  prepare: () => Promise<(index: number) => Promise<void>>,
): Contender {
  const round = async (index: number): Promise<number> => {
    // Connections from before would come back while it is being measured.
    await site.disconnect();
    for (const node of site.nodes) await node.restart();
    const load = await prepare();
    return (await wallMs(() => load(index))) * 1000;
  };
  return { name, round };
}
