/** Where what is read goes. */
export interface Sink<T> {
  /** @returns what to wait for before the next one is read, if anything */
  next(value: T): Promise<void> | undefined | void;
  error(error: unknown): void;
  complete(): void;
}

/**
 * Read to the end into a sink: an error and the end are passed on once, and nothing once the signal
 * has aborted; reading is then ended as `break` ends it. Never rejects.
 *
 * The event loop gets a turn at least every 10 ms, or after each value that takes longer: otherwise
 * a long history would hold up the timer that is to unsubscribe from it.
 *
 * @param open - called at once
 */
export async function pour<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  sink: Sink<T>,
  signal: AbortSignal,
): Promise<void> {
  try {
    let turnMs = performance.now();
    for await (const value of open(signal)) {
      // What was on its way when it was unsubscribed.
      if (signal.aborted) return;
      const room = sink.next(value);
      if (room !== undefined) await room;
      if (signal.aborted) return;
      if (performance.now() - turnMs < 10) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) return;
      turnMs = performance.now();
    }
  } catch (error) {
    if (!signal.aborted) sink.error(error);
    return;
  }
  if (!signal.aborted) sink.complete();
}
