import { interleave, medianOf, ratios } from "../harness/interleave.ts";
import { atLeast, type Context, type Measured, type Scenario } from "../harness/scenario.ts";
import { jetfoldLoads, natsjsLoads } from "./load.ts";
import { openFilledSite, wide, wideEvents } from "./stream.ts";

/** An aggregate whose events are spread over the whole stream. */
export const wideLoad: Scenario = { key: "load.wide50", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale, signal } = context;
  const total = scale.pick(1_000_000, 20_000, 2_000);
  const loads = scale.pick(40, 20, 5);
  const site = await openFilledSite(context, wide(total), { plain: true });
  const settings = { loads, events: wideEvents, signal };
  const figures = await interleave(context, "us", [
    await jetfoldLoads(site, settings),
    await natsjsLoads(site, settings),
  ]);
  const ratio = ratios(figures, false);
  return {
    key: "load.wide50",
    value: medianOf(figures, "jetfold"),
    unit: "us p50",
    scale: `${loads} loads a round, each of another of ${total / wideEvents} aggregates of ${wideEvents} events in a stream of ${total}`,
    ratio,
    bars: [atLeast(8, ratio["natsjs"]!, "x natsjs")],
    figures,
    notes: ["warm: its neighbours in the stream were loaded just before"],
  };
}
