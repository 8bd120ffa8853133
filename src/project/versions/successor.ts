import { delay } from "../../event/backend/timer.ts";
import { isOutage } from "../run/handler-failure.ts";

/** How often it is asked whether there is a successor, in milliseconds. */
const everyMs = 1_000;

/** For so long it must be refused before that is believed: a leader that was deposed errs. */
const believedMs = 5_000;

/**
 * Ask again and again whether a newer version has taken over: one that has nothing to handle would
 * not be told by a write that is refused. Resolves with true then, with false when the signal aborts.
 * An answer that does not come is no answer.
 * @throws what is said instead of an answer for 5 s, if it is no outage: what keeps the checkpoints is
 *   gone, and nothing that is handled can be saved
 */
export async function awaitSuccessor(
  isSuperseded: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<boolean> {
  let refusedMs: number | undefined;
  for (;;) {
    try {
      await delay(everyMs, { signal, ref: false });
    } catch {
      return false;
    }
    try {
      if ((await isSuperseded()) && !signal.aborted) return true;
      refusedMs = undefined;
    } catch (error) {
      if (isOutage(error)) continue;
      refusedMs ??= performance.now();
      if (performance.now() - refusedMs >= believedMs && !signal.aborted) throw error;
    }
  }
}
