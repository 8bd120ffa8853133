import { delay } from "./timer.ts";

/** An amount of time that several waits share; it runs from its making on. */
export class Deadline {
  readonly budgetMs: number;
  /** When it is over, by `performance.now()`. */
  readonly endMs: number;

  constructor(budgetMs: number) {
    this.budgetMs = budgetMs;
    this.endMs = performance.now() + budgetMs;
  }

  /** Milliseconds left; 0 or less when it is over. */
  leftMs(): number {
    return this.endMs - performance.now();
  }
}

/** Start a deadline now. */
export function deadlineIn(budgetMs: number): Deadline {
  return new Deadline(budgetMs);
}

/** A wait that was doubled so often is longer than any that is wanted, and a number still. */
const mostDoubled = 60;

/** How long to wait between attempts: the first wait at most, and the longest, in milliseconds. */
export interface BackOffPace {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** For a server that does not answer: an election takes seconds. */
const unavailablePace: BackOffPace = { firstMs: 20, longestMs: 1_000 };

/**
 * For rivals on one aggregate: each append takes a few milliseconds, and who waits much longer than
 * all rivals' appends together starves behind those that do not wait.
 */
export const rivalPace: BackOffPace = { firstMs: 5, longestMs: 80 };

/**
 * Wait before another attempt: twice as long each time, all of it by chance so that rivals part;
 * never beyond the deadline.
 * @param attempt - 0 for the wait after the first attempt
 * @throws the signal's reason when aborted
 */
export async function backOff(
  attempt: number,
  deadline: Deadline,
  signal: AbortSignal | undefined,
  { firstMs, longestMs }: BackOffPace = unavailablePace,
): Promise<void> {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, mostDoubled));
  // Never 0 times Infinity.
  const ms = full * (1 - Math.random());
  await delay(Math.min(ms, deadline.leftMs()), { signal });
}
