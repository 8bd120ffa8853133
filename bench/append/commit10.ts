import { type Contender, interleave, medianOf } from "../harness/interleave.ts";
import {
  atLeast,
  atMost,
  type Context,
  type Figures,
  type Measured,
  type Scenario,
} from "../harness/scenario.ts";
import { p50Us } from "../harness/statistics.ts";
import { storeName } from "../site/site.ts";
import { deposited } from "../work/account.ts";
import { jetfoldOneByOne, type OneByOne } from "./one-by-one.ts";
import { type AppendSite, checked, openAppendSite } from "./site.ts";

const events = 10;

/** Ten events at once, all or none. */
export const commit10: Scenario = { key: "append.commit10", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale } = context;
  const appends = scale.pick(500, 80, 10);
  const single = await compare(context, 1, appends);
  const three = await compare(context, 3, scale.pick(200, 40, 10));
  const figures = [...single, ...three];
  const ten = medianOf(figures, "jetfold, 10 events");
  const natsjs = medianOf(figures, "natsjs startBatch") / ten;
  const three10 = medianOf(figures, "jetfold, 10 events, 3 nodes");
  return {
    key: "append.commit10",
    value: ten,
    unit: "us p50",
    scale: `${appends} commits of ${events} events a round, each of a new aggregate`,
    ratio: { natsjs, "natsjs-3-nodes": medianOf(figures, "natsjs startBatch, 3 nodes") / three10 },
    bars: [
      atMost(1.3, ten / medianOf(figures, "jetfold"), "x the time of one event"),
      atLeast(8, natsjs, "x natsjs startBatch"),
    ],
    figures,
    notes: [],
  };
}

async function compare(
  context: Context,
  size: 1 | 3,
  appends: number,
): Promise<readonly Figures[]> {
  const of = await openAppendSite(context, size);
  const suffix = size === 1 ? "" : ", 3 nodes";
  const settings = { appends, signal: context.signal, suffix };
  return interleave(context, "us", [
    jetfoldOneByOne(of, settings, events),
    jetfoldOneByOne(of, settings),
    natsjsBatches(of, settings),
  ]);
}

function natsjsBatches(of: AppendSite, { appends, signal, suffix = "" }: OneByOne): Contender {
  const round = (index: number): Promise<number> =>
    checked(of, appends * events, () =>
      p50Us(appends, signal, (i) => plainBatch(of, `${storeName}.Plain.b${index}-${i}`)),
    );
  return { name: `natsjs startBatch${suffix}`, round };
}

async function plainBatch({ natsjs }: AppendSite, subject: string): Promise<void> {
  const payload = (n: number): string => JSON.stringify(deposited(n));
  const expect = { lastSubjectSequence: 0 };
  const batch = await natsjs.startBatch(subject, payload(0), { expect });
  for (let n = 1; n < events - 1; n++) batch.add(subject, payload(n));
  await batch.commit(subject, payload(events - 1));
}
