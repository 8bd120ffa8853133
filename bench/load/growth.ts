import { interleave, medianOf } from "../harness/interleave.ts";
import { atMost, type Context, type Measured, type Scenario } from "../harness/scenario.ts";
import { jetfoldLoads } from "./load.ts";
import { openFilledSite, wide, wideEvents } from "./stream.ts";

const factor = 10;

/** The same load in a stream ten times as long. */
export const growth: Scenario = { key: "load.growth", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale, signal } = context;
  const total = scale.pick(1_000_000, 20_000, 2_000);
  const loads = scale.pick(40, 20, 5);
  const short = await openFilledSite(context, wide(total), { plain: false });
  const long = await openFilledSite(context, wide(total * factor), { plain: false });
  const settings = { loads, events: wideEvents, signal };
  const [shortName, longName] = [`jetfold, ${total} events`, `jetfold, ${total * factor} events`];
  const figures = await interleave(context, "us", [
    await jetfoldLoads(short, { ...settings, name: shortName }),
    await jetfoldLoads(long, { ...settings, name: longName }),
  ]);
  const times = medianOf(figures, longName) / medianOf(figures, shortName);
  return {
    key: "load.growth",
    value: times,
    unit: "x the time",
    scale: `${wideEvents} events of an aggregate among ${total * factor} events instead of ${total}; ${loads} loads a round`,
    ratio: {},
    bars: [atMost(1.3, times, "x the time")],
    figures,
    notes: ["each stream on a server of its own"],
  };
}
