import { execute } from "jetfold";
import { type Contender, interleave, medianOf, ratios } from "../harness/interleave.ts";
import { openAppendSite, type AppendSite } from "../append/site.ts";
import { wireOneByOne } from "../append/one-by-one.ts";
import { atMost, type Context, type Measured, type Scenario } from "../harness/scenario.ts";
import { p50Us } from "../harness/statistics.ts";
import { Account } from "../work/account.ts";

/** One command after the other on an aggregate that was just used. */
export const warm: Scenario = { key: "execute.warm", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale, signal } = context;
  const commands = scale.pick(3_000, 300, 30);
  const of = await openAppendSite(context);
  const figures = await interleave(context, "us", [
    executions(of, commands, signal),
    wireOneByOne(of, { appends: commands, signal }),
  ]);
  const value = medianOf(figures, "jetfold");
  return {
    key: "execute.warm",
    value,
    unit: "us p50",
    scale: `${commands} commands a round on one aggregate, one event each; snapshots as by default`,
    ratio: ratios(figures, false),
    bars: [atMost(1.2, value / medianOf(figures, "wire"), "x a raw request")],
    figures,
    notes: [],
  };
}

function executions({ store }: AppendSite, commands: number, signal: AbortSignal): Contender {
  const round = (index: number): Promise<number> =>
    p50Us(commands, signal, (i) => execute(store, Account, `executed-${index}`, i));
  return { name: "jetfold", round };
}
