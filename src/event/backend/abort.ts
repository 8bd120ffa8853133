import { setMaxListeners } from "node:events";

/**
 * Call a listener once when a signal aborts; at once if it has.
 *
 * One signal may end many calls, and Node warns of a leak at the eleventh listener, so the limit is
 * lifted; nothing leaks as long as each listener is taken off again.
 *
 * @returns takes the listener off
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** A signal that aborts with either. The first one is expected to outlive many of the second. */
export function eitherSignal(own: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? own : AbortSignal.any([own, other]);
}

/** The promise, or a rejection as soon as the signal aborts; leaves no listener behind. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, () => reject(signal.reason as Error));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop?.();
  }
}
