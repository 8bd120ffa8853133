import { figuresOf } from "../harness/interleave.ts";
import {
  atMost,
  type Context,
  type Figures,
  type Measured,
  type Scenario,
  short,
} from "../harness/scenario.ts";
import { type Filling, fillStore } from "../site/fill.ts";
import { openSite, type Site } from "../site/site.ts";
import { wide } from "../load/stream.ts";
import type { ReaderFigures, ReaderTask } from "./reader-task.ts";
import { startReader } from "./run-reader.ts";

/** A reader that is slower than the stream, and then stops. */
export const slowReader: Scenario = { key: "memory.slow-reader", measure };

const perSecond = 20_000;

async function measure(context: Context): Promise<Measured> {
  const { scale } = context;
  const of = wide(scale.pick(1_000_000, 60_000, 6_000));
  const pace = {
    perSecond,
    readMs: scale.pick(10_000, 1_000, 200),
    stopMs: scale.pick(4_000, 1_000, 200),
  };
  const site = await openSite(context);
  await site.openStore();
  await fillStore(context, site, of);
  const url = site.nodes[0]!.url;
  const history = await startReader(context, { ...pace, url, contender: "jetfold" }).figures;
  const live = await readLive(context, of, pace);
  const natsjs = await startReader(context, { ...pace, url, contender: "natsjs" }).figures;
  const value = Math.max(aboveIdleMb(history), aboveIdleMb(live));
  return {
    key: "memory.slow-reader",
    value,
    unit: "MB above idle",
    scale: `${of.total} events, taken at ${short(perSecond)} a second for ${pace.readMs / 1000} s and then not at all for ${pace.stopMs / 1000} s, in a process of its own, once; the value is the worse of both`,
    ratio: { natsjs: aboveIdleMb(natsjs) / value },
    bars: [atMost(100, value, "MB above idle")],
    figures: [
      figures("jetfold, stored before", history),
      figures("jetfold, stored meanwhile", live),
      figures("natsjs, stored before", natsjs),
    ],
    notes: [`jetfold took ${history.taken} and ${live.taken} events, natsjs ${natsjs.taken}`],
  };
}

/** The reader is live when the stream begins to be filled, at full speed. */
async function readLive(
  context: Context,
  of: Filling,
  pace: Omit<ReaderTask, "url" | "contender">,
): Promise<ReaderFigures> {
  const site: Site = await openSite(context);
  await site.openStore();
  const url = site.nodes[0]!.url;
  const reader = startReader(context, { ...pace, url, contender: "jetfold" });
  await reader.caughtUp;
  const [read] = await Promise.all([reader.figures, fillStore(context, site, of)]);
  return read;
}

function aboveIdleMb({ idleBytes, maxBytes }: ReaderFigures): number {
  return (maxBytes - idleBytes) / 1e6;
}

function figures(contender: string, read: ReaderFigures): Figures {
  return figuresOf(contender, "MB", [aboveIdleMb(read)]);
}
