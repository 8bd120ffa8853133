import type { Job, Measured } from "../contender.ts";
import { warmUpOf } from "../work.ts";

/** Times operations, in milliseconds. */
export interface Clock {
  readonly startedMs: number;
  readonly timesMs: number[];
}

/** Start the clock. */
export function startClock(): Clock {
  return { startedMs: performance.now(), timesMs: [] };
}

/** Stop it. */
export function measured({ work }: Job, { startedMs, timesMs }: Clock): Measured {
  const elapsedMs = performance.now() - startedMs;
  const sorted = timesMs.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? upper);
  const p50Us = ((lower + upper) / 2) * 1000;
  return { work: work.key, operations: timesMs.length, elapsedMs, p50Us };
}

/**
 * Do operations one after another: some unclocked, then those of the job.
 * @param operate is given the operation's number, from 0
 */
export async function oneByOne(
  job: Job,
  operate: (operation: number) => Promise<void>,
): Promise<Measured> {
  const { operations } = job.size;
  const warmUp = warmUpOf(operations);
  for (let operation = 0; operation < warmUp; operation++) await operate(operation);
  const clock = startClock();
  for (let operation = warmUp; operation < warmUp + operations; operation++) {
    job.signal.throwIfAborted();
    const beganMs = performance.now();
    await operate(operation);
    clock.timesMs.push(performance.now() - beganMs);
  }
  return measured(job, clock);
}
