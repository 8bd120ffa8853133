import { setTimeout as delay } from "node:timers/promises";

/** How often it is asked whether there is a successor, in milliseconds. */
const everyMs = 1_000;

/**
 * Ask again and again whether a newer version has taken over: one that has nothing to handle would
 * not be told by a write that is refused. Resolves with true then, with false when the signal aborts.
 * An answer that does not come is no answer.
 */
export async function awaitSuccessor(
  isSuperseded: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    try {
      await delay(everyMs, undefined, { signal, ref: false });
    } catch {
      return false;
    }
    const superseded = await isSuperseded().catch(() => false);
    if (superseded && !signal.aborted) return true;
  }
}
