import type { AggregateRef, Envelope, Sequence } from "../event/index.ts";
import type { ParkedCommit } from "./parking/parked.ts";

/**
 * What a running projection is doing.
 * - catching-up: handling what was stored before it began; a new version also until it takes over
 * - live: handling what comes
 * - waiting: what it needs is away (the server, the read model's database); it goes on by itself
 * - retrying: a handler has thrown, and is called again
 * - standby: another process runs it, and this one takes over when that ends or hangs; see
 *   `ObserveOptions.standby`
 * - stopped: by `stop`, its signal or the end of its store
 * - failed: by an error; nothing was skipped
 * - superseded: a newer version has taken over
 */
export type RunState =
  | "catching-up"
  | "live"
  | "waiting"
  | "retrying"
  | "standby"
  | "stopped"
  | "failed"
  | "superseded";

/** A projection at work; see `observe`. */
export interface Running {
  readonly state: RunState;
  /**
   * Every selected commit at or below this sequence has been handled, or is parked; on standby as of
   * the checkpoint saved last, which is looked at every fifth of `takeOverMs`.
   */
  readonly position: Sequence;
  /** How many events were handled since it was started; on standby only what was handled here. */
  readonly handled: number;
  /** Events handled per second, over the last 5 to 10 s. */
  readonly rate: number;
  /**
   * Since when the handler in hand is awaited, by this process's clock, in milliseconds since 1970;
   * undefined while none is. After 30 s a warning (`"busy"`) says so, once for each call, with the
   * likely cause.
   */
  readonly busySinceMs: number | undefined;
  /** Queries are to read this version; false while it is built beside an older one. */
  readonly active: boolean;
  /** What stopped it, when `state` is `"failed"`. */
  readonly error: unknown;
  /** Where it failed, when `error` is of one commit. */
  readonly failure: Failure | undefined;
  /** What was set aside, when its policy is to park. */
  readonly parked: Parked;
  /**
   * Resolves when it has stopped or was superseded, after the last checkpoint was saved; rejects
   * with `error` when it failed. Never rejects unhandled.
   */
  readonly done: Promise<void>;
  /**
   * Wait until every selected commit at or below a sequence has been handled: read your own write.
   * @param sequence - the `head.sequence` of a root, usually; it need not be selected
   * @throws {@link TimeoutError} after `timeoutMs`; {@link NotRunningError} when the projection stops
   *   or has failed (`cause` is its error); {@link ParkedError} when the commit at this sequence is
   *   parked or held back; {@link UnavailableError} when the server does not answer
   */
  reached(sequence: Sequence, options?: WaitOptions): Promise<void>;
  /** Wait until everything that is stored now has been handled. Throws as {@link Running.reached}. */
  caughtUp(options?: WaitOptions): Promise<void>;
  /** Wait until queries are to read this version. Throws as {@link Running.reached}. */
  activated(options?: WaitOptions): Promise<void>;
  /** How far behind it is, now. */
  lag(): Promise<Lag>;
  /** How far a build has come, and how long it will take. */
  progress(): Promise<Progress>;
  /**
   * Be called after each change of `state`, `position` or `active`; once for several of one moment.
   * What it throws is a warning.
   * @returns takes the listener off
   */
  onChange(listener: () => void): () => void;
  /**
   * Finish the commit in hand (where a transaction holds several, all of them), save the checkpoint, and
   * stop. Resolves when stopped; twice is once. What a handler or an outage keeps for longer than
   * `timeoutMs` is not waited for: it has stopped then, too, with a warning, and what is not in the
   * checkpoint is handled again. A signal, or a store that is closed, stops it in the same way.
   */
  stop(options?: StopOptions): Promise<void>;
}

/** How long a stop may take. */
export interface StopOptions {
  /** In milliseconds. @default 10000 */
  readonly timeoutMs?: number;
}

/** How far behind a projection is. */
export interface Lag {
  /**
   * How many selected commits are stored and not handled yet; of a selection of types, an upper
   * bound.
   */
  readonly commits: number;
  /**
   * How much later the last selected commit was stored than the last handled one, by the server's
   * clock, in milliseconds; 0 when nothing is to come.
   */
  readonly ms: number;
}

/** How far a projection has come since it was started. */
export interface Progress {
  /** Commits handled so far. */
  readonly done: number;
  /** Those and the ones that are to come, as things are now; see {@link Lag.commits}. */
  readonly total: number;
  /** Commits per second, over the last 5 to 10 s. */
  readonly rate: number;
  /** How long the rest takes at this rate, in milliseconds; Infinity when nothing moves. */
  readonly leftMs: number;
}

/** What a projection failed at. */
export interface Failure extends AggregateRef {
  readonly sequence: Sequence;
  /** The event in hand; absent where it can't be told, as with a message that is no commit. */
  readonly envelope?: Envelope | undefined;
  /** How many times it was tried. */
  readonly attempts: number;
}

/** Commits that were set aside because no retry helped, and the ways out. */
export interface Parked {
  /** One entry for each aggregate, at its first commit that waits; oldest first. */
  list(): readonly ParkedCommit[];
  /**
   * Try again: the parked commit of this aggregate (of all, when absent), then those that are held
   * back behind it, in order. They are read from the store again and pass through today's upcasters.
   * @returns the entries that remain, of those tried
   * @throws {@link NotFoundError} when nothing of the aggregate is parked
   * @throws {@link NotRunningError} when the projection has ended, or has not begun;
   *   {@link StandbyError} when it stands by: another process is the one to ask
   * @throws {@link UnavailableError} when the store does not answer
   * @throws what stops the projection elsewhere: a TransactionError, say; then it has stopped
   */
  retry(aggregate?: AggregateRef): Promise<readonly ParkedCommit[]>;
  /**
   * Give up the parked commit of this aggregate, for good, and go on with those behind it.
   * Returns and throws as {@link Parked.retry}.
   */
  discard(aggregate: AggregateRef): Promise<readonly ParkedCommit[]>;
}

/** How long to wait. */
export interface WaitOptions {
  /** In milliseconds. @default 10000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}
