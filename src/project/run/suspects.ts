import { errorText } from "../../event/error-text.ts";
import { type Commit, WorkerCrashedError } from "../../event/index.ts";
import { delay } from "../../event/backend/timer.ts";
import type { Hand, Suspicion } from "./hand.ts";
import { HandlerFailure } from "./handler-failure.ts";
import { type Job, throughOutages } from "./job.ts";

/** The shortest time of a timer, in milliseconds: one that a handler left behind ends before. */
const timerMs = 1;

/**
 * Handle a commit that may have ended the thread before: by itself. What is before it is in the
 * checkpoint, so that it is not handled again by each thread. It stays in hand until what it has left
 * in a timer or a promise has thrown, too.
 * @param handle - given what it is taken to have failed with before, and how often
 * @param handle - resolves to whether it was handled, and not set aside
 * @returns the same
 */
export async function handleSuspect<Tx>(
  job: Job<Tx>,
  hand: Hand,
  { sequence }: Commit,
  handle: (failed: HandlerFailure | undefined) => Promise<boolean>,
): Promise<boolean> {
  const save = () => throughOutages(job, () => job.keeper.save());
  await save();
  const suspicion = hand.suspicionOf(sequence);
  try {
    const isHandled = await handle(suspicion && failureBy(job, suspicion));
    hand.hold(sequence, sequence);
    await delay(timerMs);
    await save();
    if (isHandled) hand.acquit(sequence);
    return isHandled;
  } finally {
    hand.release();
  }
}

/**
 * A crash is a failed attempt. One alone is tried again whatever the policy says: somebody else may
 * have ended the thread.
 */
function failureBy<Tx>(
  { projection }: Job<Tx>,
  { crashes, cause }: Suspicion,
): HandlerFailure | undefined {
  const { retries = 5 } = projection.onError ?? {};
  if (crashes === 0 || (crashes === 1 && retries === 0)) return undefined;
  const times = crashes === 1 ? "once" : `${crashes} times`;
  const message = `the worker's thread has ended ${times} while this was handled: ${errorText(cause)}`;
  const failure = new HandlerFailure(new WorkerCrashedError(message, { cause }));
  failure.attempts = crashes;
  return failure;
}
