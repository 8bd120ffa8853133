import type { AggregateRef } from "../event/index.ts";
import type {
  Failure,
  Lag,
  ParkedCommit,
  Progress,
  Running,
  RunState,
  WaitOptions,
} from "../project/index.ts";
import type { Transfer } from "./transfer.ts";
import type { Queries } from "./worker-module.ts";

/**
 * What a projection in a worker is doing: as in its thread, and
 * - starting: its thread is being started, the first time or again after a crash
 */
export type WorkerState = RunState | "starting";

/**
 * A projection at work in a thread of its own. As {@link Running}; its properties are at most some
 * 20 ms old, and `handled`, `rate` and `progress()` count from the start of the present thread.
 *
 * What is asked has a deadline (`timeoutMs`, 10 s by default), after which it throws an
 * TimeoutError. When the thread crashes, everything but `query`, `parked.retry` and
 * `parked.discard` goes on waiting for the next one; these throw a WorkerCrashedError if they were
 * under way, and wait for the next one if not.
 */
export interface WorkerProjection<Q extends Queries = Queries> extends Pick<
  Running,
  | "position"
  | "handled"
  | "rate"
  | "busySinceMs"
  | "active"
  | "error"
  | "reached"
  | "caughtUp"
  | "activated"
  | "onChange"
> {
  readonly state: WorkerState;
  /** How often the thread was started again after a crash. */
  readonly restarts: number;
  /** Where the projection failed, when `error` is of one commit. */
  readonly failure: WorkerFailure | undefined;
  readonly parked: WorkerParked;
  /** As `Running.done`. The thread of a projection that has ended stays, for queries, until `stop`. */
  readonly done: Promise<void>;
  /**
   * Ask the worker. Its answer is a copy (of a class instance, of its properties); {@link transfer}
   * moves buffers, there and here.
   * @throws {@link InvalidInputError} when there is no such query, or an argument or the result can't
   *   be cloned
   * @throws what the query throws: jetfold's errors as they are, others by name, message and `code`
   */
  query<Name extends keyof Q & string>(
    name: Name,
    ...rest: QueryArguments<Q[Name]>
  ): Promise<Answer<Q[Name]>>;
  lag(options?: WaitOptions): Promise<Lag>;
  progress(options?: WaitOptions): Promise<Progress>;
  /**
   * Stop the projection (see `Running.stop`), call the worker's `close`, and end its thread. After
   * `stopTimeoutMs` the thread is ended as it is. Resolves when it has ended; twice is once.
   */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a projection failed at; its event stays in the thread. */
export type WorkerFailure = Omit<Failure, "envelope">;

/** As `Parked`, asked of the worker. */
export interface WorkerParked {
  list(options?: WaitOptions): Promise<readonly ParkedCommit[]>;
  retry(aggregate?: AggregateRef, options?: WaitOptions): Promise<readonly ParkedCommit[]>;
  discard(aggregate: AggregateRef, options?: WaitOptions): Promise<readonly ParkedCommit[]>;
}

/** A query's arguments, as a list, and how long to wait for its answer. */
export type QueryArguments<F> = F extends (...args: infer Args) => unknown
  ? [] extends Args
    ? [args?: Sendable<Args>, options?: WaitOptions]
    : [args: Sendable<Args>, options?: WaitOptions]
  : never;

/** Arguments, of which each may be a {@link Transfer}. */
export type Sendable<Args> = { readonly [K in keyof Args]: Args[K] | Transfer<Args[K]> };

/** What comes back of a query. */
export type Answer<F> = F extends (...args: never[]) => infer Result
  ? Awaited<Result> extends infer Value
    ? Value extends Transfer<infer Moved>
      ? Moved
      : Value
    : never
  : never;
