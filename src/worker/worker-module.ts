import type { OnState, Running } from "../project/index.ts";

/** What a worker can be asked, by name: functions of what can be cloned, to what can be cloned. */
export type Queries = Readonly<Record<string, (...args: never[]) => unknown>>;

/** What {@link runInWorker} takes. */
export interface WorkerDefinition<Data, Q extends Queries> {
  /**
   * Open the thread's own connection and store, and start the projection. Called once in each
   * thread; what it throws ends the thread.
   */
  start(context: WorkerContext<Data>): Started<Q> | Promise<Started<Q>>;
}

/** What a worker is started with. */
export interface WorkerContext<Data> {
  /** The `data` of `startWorker`: a copy. */
  readonly data: Data;
  /** Aborts when the worker is to stop. The projection is stopped without it. */
  readonly signal: AbortSignal;
  /**
   * Give it to `observe`, and the main thread is told of every state with its cause. Without it,
   * it is told of those that last some milliseconds, and of the error of a failure.
   */
  readonly onState: OnState;
}

/** A projection at work in a worker. */
export interface Started<Q extends Queries> {
  readonly running: Running;
  /** They run in turns with the projection. */
  readonly queries?: Q;
  /** Close what `start` has opened. Called when the projection has stopped. */
  close?(): unknown;
}

declare const types: unique symbol;

/** A worker's module as the main thread knows it: by its type. */
export interface WorkerModule<Data, Q extends Queries> {
  /** Only for the compiler. */
  readonly [types]?: { readonly data: Data; readonly queries: Q };
}

/** What a worker's module wants as `data`. */
export type DataOf<W> = W extends WorkerModule<infer Data, infer _> ? Data : never;

/** What a worker can be asked. */
export type QueriesOf<W> = W extends WorkerModule<infer _, infer Q> ? Q : never;
