import { setTimeout as sleep } from "node:timers/promises";

/** An amount of time that several waits share. */
export interface Deadline {
  readonly budgetMs: number;
  /** Milliseconds left; 0 or less when it is over. */
  leftMs(): number;
}

/** Start a deadline now. */
export function deadlineIn(budgetMs: number): Deadline {
  const end = performance.now() + budgetMs;
  return { budgetMs, leftMs: () => end - performance.now() };
}

/**
 * Wait before another attempt: about 10 ms after the first, doubling up to 1 s, half of it by
 * chance so that rivals part; never beyond the deadline.
 * @throws the signal's reason when aborted
 */
export async function backOff(
  attempt: number,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<void> {
  const full = Math.min(1000, 10 * 2 ** attempt);
  const ms = Math.min(full * (0.5 + Math.random()), Math.max(0, deadline.leftMs()));
  try {
    await sleep(ms, undefined, signal && { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}
