import {
  checkedThere,
  checkOptions,
  isFunction,
  isMs,
  isObject,
  oneOf,
  type Rules,
  takeOptions,
  wholeFrom,
} from "../event/arguments.ts";
import { isPoisonPolicy } from "../event/poison-policy.ts";
import {
  checkName,
  type Commit,
  ConfigError,
  type Envelope,
  type EventOf,
  type PoisonPolicy,
  type Selectable,
} from "../event/index.ts";

/**
 * What {@link defineProjection} takes. `Tx` is what its checkpoints give a handler to write with
 * (see `Checkpoints`); `undefined` where the read model is elsewhere. What a handler returns is
 * awaited, and its value is ignored.
 */
export interface ProjectionDefinition<S extends Selectable, Tx = unknown> {
  /** Names its checkpoint, with the version. 1 to 128 of `A-Z a-z 0-9 _ -`. */
  readonly name: string;
  /**
   * Raise it when the read model must be built anew: a new version starts from the beginning, beside
   * the one that runs, and takes over when it has caught up. @default 1
   */
  readonly version?: number;
  /** What is added later has a past that was not handled: raise the version with it. */
  readonly events: S;
  /**
   * Bring one event into the read model. Called one at a time, in the order of the store; all events
   * of a commit in one transaction. Without a transaction an event may come again after a crash (at
   * least once), so it must bear being applied twice or be guarded by `envelope.revision`.
   */
  project?(envelope: Envelope<EventOf<S>>, tx: Tx, context: HandlerContext): unknown;
  /**
   * Fetch what `project` is about to need, for several events at once. Called before a batch of more
   * than one commit is handled, with its events, in order; some may have been handled before.
   */
  prepare?(envelopes: readonly Envelope<EventOf<S>>[], tx: Tx, context: HandlerContext): unknown;
  /**
   * In place of `project`: bring many events into the read model at once, whole commits in the order
   * of the store, in one transaction.
   */
  projectBatch?(
    envelopes: readonly Envelope<EventOf<S>>[],
    tx: Tx,
    context: HandlerContext,
  ): unknown;
  /**
   * Bring a truncated aggregate into the read model: called instead of the events that were cut,
   * with the commit that holds its state (`commit.base`). Without it, reading a truncated aggregate
   * from its start is a TruncatedError, since the read model would silently lack what was cut; so is
   * a cut without a base.
   */
  projectBase?(base: Commit<EventOf<S>>, tx: Tx, context: HandlerContext): unknown;
  /**
   * What an event causes in the world outside. Called when its commit is in the read model, in order,
   * at least once; not by a version that is still being built, and then only for what the version
   * before has not done. One that fails is tried again as `onError` says and then stops the
   * projection.
   */
  effect?(envelope: Envelope<EventOf<S>>, context: HandlerContext): unknown;
  /**
   * Make the read model's place. Called before the first event of a version: in a transaction with
   * its first checkpoint exactly once; otherwise again when the process ends between the two, so it
   * must bear that (`CREATE TABLE IF NOT EXISTS`).
   */
  create?(tx: Tx): unknown;
  /**
   * Let queries read this version from now on. Called when it has caught up with the version before,
   * in the transaction in which it takes over; for the first version before its first event. How
   * often: as `create`.
   */
  activate?(tx: Tx): unknown;
  /**
   * Remove the read model. Called by each `dropProjection`, and before `create` where a lost
   * checkpoint is begun anew (`ObserveOptions.rebuild`), whether or not there is anything left: it must
   * bear that (`DROP TABLE IF EXISTS`).
   */
  drop?(tx: Tx): unknown;
  /**
   * How many commits make a transaction, or a call of `projectBatch`.
   * @default with `projectBatch` 500 within 50 ms; otherwise what has come already, at most 100
   */
  readonly batch?: BatchOptions;
  /** What happens when a commit can't be handled. @default tried again for some seconds, then stop */
  readonly onError?: ErrorPolicy;
  /**
   * What to do with a message this projection cannot use, before `onError` is asked.
   * @default "fail", which leaves it to `onError`
   */
  readonly poison?: PoisonPolicy;
}

/** What a handler is told besides what it handles. */
export interface HandlerContext {
  /**
   * Aborts when the projection is to stop, or another process may have taken over: hand it to what
   * waits. What a handler throws from then on is not its failure, and its commit is handled again.
   */
  readonly signal: AbortSignal;
}

/** When a batch is handed over: as soon as either is reached. A transaction's commits stay together. */
export interface BatchOptions {
  /** A few more where they belong to one transaction. @default 500 */
  readonly commits?: number;
  /** From its first commit on, in milliseconds. @default 50 */
  readonly ms?: number;
}

/**
 * In a worker, the crash of its thread is a failed attempt, too, of the commit in hand; it is tried
 * again once at least, as somebody else may have ended the thread.
 *
 * A handler that throws is called again after a pause: by chance of any length up to a limit, which
 * is twice as high each time. An outage (UnavailableError: the read model's database is away) is not
 * counted: it is waited for as long as it takes. What no retry can mend (a body that can't be
 * decoded, a cut history) is not tried again.
 */
export interface ErrorPolicy {
  /** How often a commit is tried again. @default 5 */
  readonly retries?: number;
  /** The limit of the first pause, in milliseconds. @default 100 */
  readonly firstMs?: number;
  /** The highest limit, in milliseconds. @default 10000 */
  readonly longestMs?: number;
  /**
   * - `"stop"`: the projection's state becomes `"failed"`
   * - `"park"`: the commit is set aside, later ones of its aggregate are held back behind it, and the
   *   rest goes on; see `Running.parked`
   * @default "stop"
   */
  readonly policy?: "stop" | "park";
}

/** A handler that builds a read model from events. */
export interface Projection<
  S extends Selectable = Selectable,
  Tx = unknown,
> extends ProjectionDefinition<S, Tx> {
  readonly version: number;
}

/**
 * Declare a projection; the events it handles are inferred from its selection.
 * @throws {@link ConfigError} when the version breaks its rule, or the handlers do not go together
 * @throws {@link InvalidInputError} when the name or an option breaks its rule, or is none
 */
export function defineProjection<const S extends Selectable, Tx = unknown>(
  given: ProjectionDefinition<S, Tx>,
): Projection<S, Tx> {
  const definition = takeOptions("defineProjection", given, projectionRules);
  const { name, version = 1, prepare, project, projectBatch, batch, onError } = definition;
  checkName("projection name", name);
  checkCount(name, "version", version, 1);
  if ((project === undefined) === (projectBatch === undefined)) {
    throw new ConfigError(`projection "${name}": must have either project or projectBatch`);
  }
  if (prepare !== undefined && project === undefined) {
    throw new ConfigError(`projection "${name}": prepare goes with project, not with projectBatch`);
  }
  const own = `projection "${name}": `;
  checkOptions("batch", batch, batchRules, `${own}batch.`);
  checkOptions("onError", onError, errorRules, `${own}onError.`);
  return Object.freeze({ ...definition, version });
}

const maxCount = 1_000_000;
const isCount = wholeFrom(0, maxCount);

const batchRules: Rules<BatchOptions> = { commits: wholeFrom(1, maxCount), ms: isMs };

const errorRules: Rules<ErrorPolicy> = {
  retries: isCount,
  firstMs: isMs,
  longestMs: isMs,
  policy: oneOf("stop", "park"),
};

const projectionRules: Rules<ProjectionDefinition<Selectable>> = {
  name: checkedThere,
  version: checkedThere,
  events: checkedThere,
  project: isFunction,
  prepare: isFunction,
  projectBatch: isFunction,
  projectBase: isFunction,
  effect: isFunction,
  create: isFunction,
  activate: isFunction,
  drop: isFunction,
  batch: isObject,
  onError: isObject,
  poison: isPoisonPolicy,
};

/** The event types of a projection, for users' signatures. */
export type ProjectedEvent<P> = P extends Projection<infer S, infer _> ? EventOf<S> : never;

function checkCount(name: string, field: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= maxCount) return;
  throw new ConfigError(
    `projection "${name}": ${field} must be a whole number from ${least} to ${maxCount}, got ${String(value)}`,
  );
}
