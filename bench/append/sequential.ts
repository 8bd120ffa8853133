import { emmettAppends } from "../emmett/contenders.ts";
import { interleave, medianOf, ratios } from "../harness/interleave.ts";
import {
  atLeast,
  type Context,
  type Figures,
  type Measured,
  type Scenario,
} from "../harness/scenario.ts";
import { jetfoldOneByOne, natsjsOneByOne, wireOneByOne } from "./one-by-one.ts";
import { openAppendSite } from "./site.ts";

/** One append after the other, each awaited. */
export const sequential: Scenario = { key: "append.sequential", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale, signal } = context;
  const appends = scale.pick(3_000, 500, 50);
  const of = await openAppendSite(context);
  const emmett = await emmettAppends(context, scale.pick(500, 60, 10));
  const settings = { appends, signal };
  const figures = await interleave(context, "us", [
    jetfoldOneByOne(of, settings),
    wireOneByOne(of, settings),
    natsjsOneByOne(of, settings),
    ...emmett.contenders,
  ]);
  const clustered = await onThreeNodes(context);
  const ratio = ratios(figures, false);
  return {
    key: "append.sequential",
    value: medianOf(figures, "jetfold"),
    unit: "us p50",
    scale: `${appends} appends a round, each of a new aggregate; Emmett fewer`,
    ratio,
    bars: [
      atLeast(1.3, ratio["natsjs"]!, "x natsjs"),
      atLeast(0.85, ratio["wire"]!, "of the wire"),
    ],
    figures: [...figures, ...clustered],
    notes: emmett.notes,
  };
}

async function onThreeNodes(context: Context): Promise<readonly Figures[]> {
  const { scale, signal } = context;
  const of = await openAppendSite(context, 3);
  const settings = { appends: scale.pick(1_000, 150, 20), signal, suffix: ", 3 nodes" };
  return interleave(context, "us", [
    jetfoldOneByOne(of, settings),
    wireOneByOne(of, settings),
    natsjsOneByOne(of, settings),
  ]);
}
