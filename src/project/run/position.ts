import { NotRunningError, type Sequence, TimeoutError } from "../../event/index.ts";
import { type Deadline, onAbort } from "../../event/backend/index.ts";
import { startTimer } from "../../event/backend/timer.ts";
import type { WaitOptions } from "../running.ts";
import type { Changes } from "./changes.ts";

/** In milliseconds. */
export const defaultWaitMs = 10_000;

/** A position that grows from 0, and those who wait for it. */
export class Position {
  readonly #what: string;
  readonly #waiting = new Set<{ readonly target: Sequence; settle(error?: Error): void }>();
  readonly #changes: Changes;
  #sequence: Sequence = 0;
  #ended: Error | undefined;

  constructor(what: string, changes: Changes) {
    this.#what = what;
    this.#changes = changes;
  }

  get sequence(): Sequence {
    return this.#sequence;
  }

  /** Everything at or below a sequence has been handled. */
  advance(sequence: Sequence): void {
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    this.#changes.tell();
    for (const waiter of this.#waiting) if (waiter.target <= sequence) waiter.settle();
  }

  /** It will not grow any more: whoever waits is told why. */
  end(cause: unknown): void {
    this.#ended = new NotRunningError(
      `${this.#what} stopped at ${this.#sequence}`,
      cause === undefined ? {} : { cause },
    );
    for (const waiter of this.#waiting) waiter.settle(this.#ended);
  }

  /** @throws {@link NotRunningError} when it will not grow any more */
  assertGoesOn(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /**
   * Wait until it is at or beyond a sequence.
   * @throws {@link TimeoutError}; {@link NotRunningError} when it ends before
   * @throws the signal's reason when aborted
   */
  async reach(target: Sequence, deadline: Deadline, { signal }: WaitOptions): Promise<void> {
    signal?.throwIfAborted();
    if (this.#sequence >= target) return;
    this.assertGoesOn();
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        stopTimer();
        stopListening();
        this.#waiting.delete(waiter);
        if (error === undefined) resolve();
        else reject(error);
      };
      const waiter = { target, settle };
      const late = (): void => settle(this.#timeout(target, deadline.budgetMs));
      const stopTimer = startTimer(deadline.leftMs(), late);
      this.#waiting.add(waiter);
      const stopListening = onAbort(signal, () => settle(signal?.reason as Error));
    });
  }

  #timeout(target: Sequence, timeoutMs: number): Error {
    const at = `${this.#what} is at ${this.#sequence}`;
    return new TimeoutError(`${at} and did not reach ${target} within ${timeoutMs} ms`);
  }
}
