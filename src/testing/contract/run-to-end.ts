import { within } from "./within.ts";

/** The longest a case may take, on a slow and shared machine, and then to close what it opened. */
const checkMs = 45_000;
const closeMs = 5_000;

/** What a runner's limit must be at least, in milliseconds. */
export const caseTimeoutMs = 60_000;

/** Says what is to be closed at the end of a case. */
export type AtEnd = (close: () => PromiseLike<unknown>) => void;

/**
 * Run a case, and then close what it opened, the last one first, whatever happens. A failure of the
 * case itself is told before one of closing.
 */
export async function runToEnd(
  guarantee: string,
  check: (atEnd: AtEnd) => Promise<void>,
): Promise<void> {
  const ends: (() => PromiseLike<unknown>)[] = [];
  const checking = check((close) => void ends.push(close));
  const outcomes = await Promise.allSettled([within(checking, guarantee, checkMs)]);
  for (const close of ends.toReversed()) {
    const closing = within(close(), "closing what the case has opened", closeMs);
    outcomes.push(...(await Promise.allSettled([closing.then(() => undefined)])));
  }
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
