import type { Sequence } from "../event/index.ts";

/** Where a running projection is. */
export type RunState = "catching-up" | "live" | "stopped" | "failed";

/** A projection at work; see `observe`. */
export interface Running {
  readonly state: RunState;
  /** Every selected commit at or below this sequence has been handled. */
  readonly position: Sequence;
  /** How many events were handled since it was started. */
  readonly handled: number;
  /** What stopped it, when `state` is `"failed"`. */
  readonly error: unknown;
  /**
   * Resolves when it has stopped, after the last checkpoint was saved; rejects with `error` when it
   * failed. Never rejects unhandled.
   */
  readonly done: Promise<void>;
  /**
   * Wait until every selected commit at or below a sequence has been handled: read your own write.
   * @param sequence - the `head.sequence` of a root, usually; it need not be selected
   * @throws {@link UnavailableError} after `timeoutMs`, or when the projection stops or has failed
   *   (`cause` is its error)
   */
  reached(sequence: Sequence, options?: WaitOptions): Promise<void>;
  /** Wait until everything that is stored now has been handled. Throws as {@link Running.reached}. */
  caughtUp(options?: WaitOptions): Promise<void>;
  /**
   * How far behind it is, in sequences: the leader's last selected one minus `position`; 0 when
   * everything has been handled. An upper bound for the commits to come.
   */
  lag(): Promise<number>;
  /** Finish the commit in hand, save the checkpoint, and stop. Resolves when stopped; twice is once. */
  stop(): Promise<void>;
}

/** How long to wait. */
export interface WaitOptions {
  /** In milliseconds. @default 10000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}
