/**
 * The end of an import before its time: an abort or the first failure. One step at a time waits with
 * {@link Halt.orHalt}; all others listen to the signal.
 */
export class Halt {
  readonly #ended = new AbortController();
  #reject: ((reason: unknown) => void) | undefined;

  /** Aborts with the reason. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  get halted(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Only the first reason counts. */
  halt(reason: unknown): void {
    this.#ended.abort(reason);
    this.#reject?.(this.#ended.signal.reason);
  }

  /** The promise, or a rejection with the reason as soon as there is one. */
  orHalt<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      promise.then(resolve, reject);
      if (this.halted) reject(this.signal.reason);
    });
  }
}
