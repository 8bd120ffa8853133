import assert from "node:assert/strict";
import { delay, orLate } from "../../event/backend/timer.ts";

/** Longer than any budget of a store's own, so that a store's error comes before this one's. */
const defaultMs = 20_000;

/**
 * Wait for a promise, but not for ever.
 * @throws an AssertionError naming `what` after `timeoutMs`; what the promise rejects with
 */
export async function within<T>(
  promise: PromiseLike<T>,
  what: string,
  timeoutMs: number = defaultMs,
): Promise<T> {
  const message = `${what}: not done after ${timeoutMs} ms`;
  return orLate(promise, timeoutMs, () => new assert.AssertionError({ message }));
}

/**
 * Ask again until a check no longer throws: for what a replica may tell late.
 * @throws what the last check threw, after `timeoutMs`
 */
export async function eventually(
  check: () => void | Promise<void>,
  timeoutMs: number = defaultMs,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await within((async () => check())(), "a check", timeoutMs);
      return;
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await delay(10);
  }
}
