import { type Contender, interleave, medianOf, ratios } from "../harness/interleave.ts";
import type { Context, Figures, Measured, Scenario } from "../harness/scenario.ts";
import { p50Us } from "../harness/statistics.ts";
import { storeName } from "../site/site.ts";
import { Account, deposited } from "../work/account.ts";
import type { OneByOne } from "./one-by-one.ts";
import { type AppendSite, checked, openAppendSite } from "./site.ts";

const parts = 3;

/** One event each of three aggregates, all or none. */
export const transaction: Scenario = { key: "append.transaction", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale } = context;
  const count = scale.pick(300, 60, 10);
  const figures = await compare(context, 1, count);
  const three = await compare(context, 3, scale.pick(150, 30, 10));
  return {
    key: "append.transaction",
    value: medianOf(figures, "jetfold"),
    unit: "us p50",
    scale: `${count} transactions a round, each of ${parts} new aggregates with one event`,
    ratio: { natsjs: ratios(figures, false)["natsjs startBatch"]! },
    bars: [],
    figures: [...figures, ...three],
    notes: [],
  };
}

async function compare(context: Context, size: 1 | 3, count: number): Promise<readonly Figures[]> {
  const of = await openAppendSite(context, size);
  const suffix = size === 1 ? "" : ", 3 nodes";
  const settings = { appends: count, signal: context.signal, suffix };
  return interleave(context, "us", [transact(of, settings), batches(of, settings)]);
}

function transact(of: AppendSite, { appends, signal, suffix = "" }: OneByOne): Contender {
  const commitsOf = (round: string) =>
    Array.from({ length: parts }, (_, n) => ({
      family: Account.events,
      id: `${round}-${n}`,
      expect: "new" as const,
      events: [deposited(n)],
    }));
  const round = (index: number): Promise<number> =>
    checked(of, appends * parts, () =>
      p50Us(appends, signal, (i) => of.store.transact(commitsOf(`t${index}-${i}`))),
    );
  return { name: `jetfold${suffix}`, round };
}

function batches(of: AppendSite, { appends, signal, suffix = "" }: OneByOne): Contender {
  const round = (index: number): Promise<number> =>
    checked(of, appends * parts, () =>
      p50Us(appends, signal, (i) => plainTransaction(of, `${storeName}.Plain.t${index}-${i}`)),
    );
  return { name: `natsjs startBatch${suffix}`, round };
}

/** Every message has an expectation but the last: `commit` of nats.js takes none. */
async function plainTransaction({ natsjs }: AppendSite, stem: string): Promise<void> {
  const payload = (n: number): string => JSON.stringify(deposited(n));
  const options = { expect: { lastSubjectSequence: 0 } };
  const batch = await natsjs.startBatch(`${stem}-0`, payload(0), options);
  for (let n = 1; n < parts - 1; n++) batch.add(`${stem}-${n}`, payload(n), options);
  await batch.commit(`${stem}-${parts - 1}`, payload(parts - 1));
}
