import { emmettLoads } from "../emmett/contenders.ts";
import { interleave, medianOf, ratios } from "../harness/interleave.ts";
import { atLeast, type Context, type Measured, type Scenario } from "../harness/scenario.ts";
import { jetfoldLoads, natsjsLoads } from "./load.ts";
import { contiguous, openFilledSite } from "./stream.ts";

const events = 100;

/** An aggregate whose events lie side by side. */
export const contiguousLoad: Scenario = { key: "load.contiguous100", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale, signal } = context;
  const aggregates = scale.pick(2_000, 200, 20);
  const loads = scale.pick(300, 40, 5);
  const site = await openFilledSite(context, contiguous(aggregates, events), { plain: true });
  const emmett = await emmettLoads(context, scale.pick(30, 10, 2), events);
  const settings = { loads, events, signal };
  const figures = await interleave(context, "us", [
    await jetfoldLoads(site, settings),
    await natsjsLoads(site, settings),
    ...emmett.contenders,
  ]);
  const ratio = ratios(figures, false);
  return {
    key: "load.contiguous100",
    value: medianOf(figures, "jetfold"),
    unit: "us p50",
    scale: `${loads} loads a round, each of another of ${aggregates} aggregates of ${events} commits of one event, side by side; Emmett fewer, from a table with only these`,
    ratio,
    bars: [atLeast(2, ratio["natsjs"]!, "x natsjs")],
    figures,
    notes: emmett.notes,
  };
}
