import type { ResourceLimits } from "node:worker_threads";
import { InvalidInputError } from "../event/index.ts";
import {
  checkedThere,
  checkOptions,
  either,
  isFunction,
  isMs,
  isObject,
  isSignal,
  oneOf,
  type Rules,
  wholeFrom,
} from "../event/arguments.ts";
import { Supervisor } from "./supervisor.ts";
import type { DataOf, Queries, QueriesOf, WorkerModule } from "./worker-module.ts";
import type { WorkerProjection, WorkerState } from "./worker-projection.ts";

/** How a worker is started, and started again. */
export interface StartWorkerOptions {
  readonly restart?: RestartOptions;
  /**
   * Called with each change of its state, and with what caused it, if that was an error. What it
   * throws is a warning of the process.
   */
  readonly onState?: (state: WorkerState, cause?: unknown) => void;
  /** Stops it, as `stop` does. */
  readonly signal?: AbortSignal;
  /** How long a thread may take until `start` has returned, in milliseconds. @default 30000 */
  readonly startTimeoutMs?: number;
  /** How long a thread may take to stop, in milliseconds. @default 10000 */
  readonly stopTimeoutMs?: number;
  /** Options of Node for the thread. @default those of this process */
  readonly execArgv?: readonly string[];
  /** How much memory the thread may take; beyond that it crashes. */
  readonly resourceLimits?: ResourceLimits;
}

/**
 * After a crash a new thread is started after a pause: up to twice as long each time, by chance
 * shorter. A thread that has run for `longestMs` begins the count anew.
 */
export interface RestartOptions {
  /** In milliseconds. @default 100 */
  readonly firstMs?: number;
  /** In milliseconds. @default 10000 */
  readonly longestMs?: number;
  /** After so many restarts in a row the next crash is a failure. @default Infinity */
  readonly limit?: number;
}

/**
 * Start a projection in a thread of its own.
 *
 * A thread that crashes (an uncaught error, `process.exit`, no memory left) is started again, and
 * the projection goes on from its checkpoint. A projection that has failed by its own error is not.
 * The crash is a failed attempt of the commit in hand, if there was one: see `ErrorPolicy`.
 * @param module - a module that calls {@link runInWorker}; `W` is the type of what that returns
 * @returns when the module's `start` has returned; the caller stops it
 * @throws what `start` or loading the module throws
 * @throws {@link WorkerCrashedError} when the thread ends or the time is up before
 * @throws {@link InvalidInputError} when `data` can't be cloned, or an option breaks its rule
 */
export async function startWorker<W extends WorkerModule<unknown, Queries>>(
  module: URL,
  ...[options]: undefined extends DataOf<W>
    ? [options?: StartWorkerOptions & { readonly data?: DataOf<W> }]
    : [options: StartWorkerOptions & { readonly data: DataOf<W> }]
): Promise<WorkerProjection<QueriesOf<W>>> {
  if (!(module instanceof URL)) {
    throw new InvalidInputError("module", "must be a URL", module);
  }
  checkOptions("startWorker", options, startRules);
  const { data, ...rest }: StartWorkerOptions & { readonly data?: unknown } = options ?? {};
  checkOptions("restart", rest.restart, restartRules, "restart.");
  rest.signal?.throwIfAborted();
  const worker = new Supervisor<QueriesOf<W>>(module, data, rest);
  await worker.started;
  return worker;
}

const startRules: Rules<StartWorkerOptions & { readonly data: unknown }> = {
  data: checkedThere,
  restart: isObject,
  onState: isFunction,
  signal: isSignal,
  startTimeoutMs: isMs,
  stopTimeoutMs: isMs,
  execArgv: (value) => (Array.isArray(value) ? undefined : "must be an array"),
  resourceLimits: isObject,
};

const isLimit = either(
  wholeFrom(0),
  oneOf(Infinity),
  "must be a whole number of 0 or more, or Infinity",
);

const restartRules: Rules<RestartOptions> = { firstMs: isMs, longestMs: isMs, limit: isLimit };
