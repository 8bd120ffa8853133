import { interleave, medianOf, ratios } from "../harness/interleave.ts";
import type { Context, Measured, Scenario } from "../harness/scenario.ts";
import { openAppendSite } from "../append/site.ts";
import { jetfoldPath, natsjsPath, pathContender, wirePath } from "./paths.ts";

/** From the call that publishes to the event in the subscriber's hands. */
export const live: Scenario = { key: "subscribe.live", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale, signal } = context;
  const events = scale.pick(1_000, 200, 20);
  const of = await openAppendSite(context);
  const figures = await interleave(context, "us", [
    pathContender("jetfold", await jetfoldPath(of), events, signal),
    pathContender("wire", await wirePath(of), events, signal),
    pathContender("natsjs", await natsjsPath(context, of), events, signal),
  ]);
  return {
    key: "subscribe.live",
    value: medianOf(figures, "jetfold"),
    unit: "us p50",
    scale: `${events} events a round, one at a time, from the call that publishes to the subscriber; each of a new aggregate`,
    ratio: ratios(figures, false),
    bars: [],
    figures,
    notes: [],
  };
}
