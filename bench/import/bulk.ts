import { importCommits, type ImportedCommit } from "jetfold";
import { checked, openAppendSite } from "../append/site.ts";
import { plainAppend } from "../append/one-by-one.ts";
import { inWorkers } from "../harness/workers.ts";
import { type Contender, interleave, medianOf, ratios } from "../harness/interleave.ts";
import type { Context, Measured, Scenario } from "../harness/scenario.ts";
import { wallMs } from "../harness/statistics.ts";
import { rawCommit } from "../site/raw-append.ts";
import { Account, deposited, type Deposited } from "../work/account.ts";

/** How many the others keep in flight. */
const inFlight = 1_000;

/** A history that is brought in at once. */
export const bulk: Scenario = { key: "import.bulk", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale, signal } = context;
  const commits = scale.pick(100_000, 10_000, 1_000);
  const of = await openAppendSite(context);
  const contender = (
    name: string,
    work: (index: number) => Promise<() => Promise<unknown>>,
  ): Contender => {
    const round = async (index: number): Promise<number> => {
      const begin = await work(index);
      return checked(of, commits, async () => commits / ((await wallMs(begin)) / 1000));
    };
    return { name, round };
  };
  const figures = await interleave(context, "commits/s", [
    contender("jetfold", async (index) => () => {
      const source = importedCommits(`j${index}`, commits);
      return importCommits(of.store, source, { total: commits, signal });
    }),
    contender("wire", async (index) => {
      const messages = Array.from({ length: commits }, (_, i) =>
        rawCommit("Account", `w${index}-${i}`),
      );
      return () => of.wire.appendAll(messages, inFlight);
    }),
    contender(
      "natsjs",
      async (index) => () =>
        inWorkers(inFlight, commits, signal, (i) => plainAppend(of, `n${index}-${i}`, i)),
    ),
  ]);
  return {
    key: "import.bulk",
    value: medianOf(figures, "jetfold"),
    unit: "commits/s",
    scale: `${commits} commits of one event a round, each of a new aggregate; wire and natsjs with ${inFlight} in flight`,
    ratio: ratios(figures, true),
    bars: [],
    figures,
    notes: [],
  };
}

function* importedCommits(stem: string, commits: number): Generator<ImportedCommit<Deposited>> {
  for (let i = 0; i < commits; i++) {
    yield { family: Account.events, id: `${stem}-${i}`, events: [deposited(i)] };
  }
}
