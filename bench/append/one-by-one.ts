import { p50Us } from "../harness/statistics.ts";
import type { Contender } from "../harness/interleave.ts";
import { rawCommit } from "../site/raw-append.ts";
import { storeName } from "../site/site.ts";
import { Account, deposited } from "../work/account.ts";
import { type AppendSite, checked } from "./site.ts";

/** What these contenders share: how many appends make a round, and what ends it. */
export interface OneByOne {
  readonly appends: number;
  readonly signal: AbortSignal;
  /** Told apart in the table, as in "3 nodes". */
  readonly suffix?: string;
}

/** One commit after the other, each of a new aggregate, as a user of jetfold makes it. */
export function jetfoldOneByOne(
  of: AppendSite,
  { appends, signal, suffix = "" }: OneByOne,
  events = 1,
): Contender {
  const name = `jetfold${events === 1 ? "" : `, ${events} events`}${suffix}`;
  const all = Array.from({ length: events }, (_, i) => deposited(i));
  const round = (index: number): Promise<number> =>
    checked(of, appends, () =>
      p50Us(appends, signal, (i) =>
        of.store.publish({
          family: Account.events,
          id: `j${events}-${index}-${i}`,
          expect: "new",
          events: all,
        }),
      ),
    );
  return { name, round };
}

/** The same messages, prebuilt, by a raw request each. */
export function wireOneByOne(
  of: AppendSite,
  { appends, signal, suffix = "" }: OneByOne,
): Contender {
  const round = async (index: number): Promise<number> => {
    const messages = Array.from({ length: appends }, (_, i) =>
      rawCommit("Account", `w-${index}-${i}`),
    );
    return checked(of, appends, () => p50Us(appends, signal, (i) => of.wire.append(messages[i]!)));
  };
  return { name: `wire${suffix}`, round };
}

/** The events as JSON by `js.publish`, with an expectation and a message id. */
export function natsjsOneByOne(
  of: AppendSite,
  { appends, signal, suffix = "" }: OneByOne,
): Contender {
  const round = (index: number): Promise<number> =>
    checked(of, appends, () => p50Us(appends, signal, (i) => plainAppend(of, `${index}-${i}`, i)));
  return { name: `natsjs${suffix}`, round };
}

/** One append as nats.js documents it, of a new aggregate. */
export async function plainAppend({ natsjs }: AppendSite, id: string, n: number): Promise<void> {
  const subject = `${storeName}.Plain.${id}`;
  const expect = { lastSubjectSequence: 0 };
  await natsjs.publish(subject, JSON.stringify(deposited(n)), { msgID: `${subject}:1`, expect });
}
