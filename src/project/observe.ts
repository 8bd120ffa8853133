import type { EventStore, Selectable, Sequence } from "../event/index.ts";
import type { Checkpoints } from "./checkpoints/checkpoint.ts";
import { type StandbyOptions, takeOverMsOf } from "./failover/standby-options.ts";
import {
  checkedThere,
  takeOptions,
  either,
  isFlag,
  isFunction,
  isObject,
  isSequence,
  isSignal,
  oneOf,
  type Rules,
} from "../event/arguments.ts";
import { memoryCheckpoints } from "./checkpoints/memory.ts";
import type { Projection } from "./projection.ts";
import { Run } from "./run/run.ts";
import type { OnState } from "./run/status.ts";
import type { Running } from "./running.ts";
import { checkKind, checkStore } from "../event/kinds.ts";

/** Where a projection begins, where its position is kept, and what stops it. */
export interface ObserveOptions<Tx = undefined> {
  /**
   * Where its position is kept. Keep it where the read model is: a checkpoint that outlives its
   * read model skips what the model has lost.
   * @default in memory: every start begins at `after`
   */
  readonly checkpoints?: Checkpoints<Tx>;
  /**
   * Where to begin when there is no checkpoint: after this sequence (exclusive), or `"new"`.
   * @default 0, all of history
   */
  readonly after?: Sequence | "new";
  /**
   * Begin anew where there is no checkpoint, although the projection has run before: it is lost.
   * Otherwise that is an error. `drop` and then `create` make the read model's place again (in one
   * transaction where there are any; without `drop` what is there stays, so empty it before), all is
   * handled again from `after` on, but effects begin where they had come to: at the position that the
   * registry of the store knows (at most some seconds behind), or, where that is lost too, at the end
   * of what is stored now. Once only in a run; where there is a checkpoint it changes nothing. Leave
   * it out again: a checkpoint that is lost later would not be an error.
   * @default false
   */
  readonly rebuild?: boolean;
  readonly signal?: AbortSignal;
  /**
   * Several processes may run the projection: one is active, the others stand by. When the active
   * one stops, another goes on at its next look; when it crashes or hangs, after `takeOverMs` and a
   * look. One that hung, and wakes up, finishes the event in hand (of `projectBatch`, the call) and
   * stands by: what it then writes to its checkpoint is refused, with PostgreSQL all it did in its
   * transaction. Each process that is to share it must be started so. Not for checkpoints in memory.
   * @default false: of two processes one fails
   */
  readonly standby?: boolean | StandbyOptions;
  /**
   * Called with each change of its state, and with what caused it, if that was an error. What it
   * throws is a warning.
   */
  readonly onState?: OnState;
}

/** A projection whose handlers are not given a transaction, so that it needs no `checkpoints`. */
export interface ProjectionWithoutTransaction<S extends Selectable> extends Projection<
  S,
  undefined
> {}

export const observeRules: Rules<ObserveOptions<never>> = {
  checkpoints: isObject,
  after: either(isSequence, oneOf("new"), 'must be a whole number of 0 or more, or "new"'),
  signal: isSignal,
  standby: checkedThere,
  rebuild: isFlag,
  onState: isFunction,
};

/**
 * Run a projection: history from its checkpoint, then live, without a gap, in order. It goes on
 * until it is stopped, its signal aborts, the store is closed (state `"stopped"`), or something
 * fails for good (state `"failed"`; `done` rejects, nothing is skipped, and another `observe` begins
 * with the same commit). A server or a database that is away is waited for.
 *
 * With checkpoints that are kept in the read model's own transaction each commit takes effect
 * exactly once. Otherwise at least once: after a crash, what was handled since the last saved
 * checkpoint (a fraction of a second) is handled again. One process at a time runs a projection: a
 * second one is noticed by the checkpoint, and one of the two fails with a SecondRunnerError, unless both
 * were told that the other is to stand by.
 *
 * A version above the active one is built beside it, silently, and takes over when it has caught up.
 *
 * Fails with a CheckpointError where its checkpoint is missing although it has run: see
 * {@link ObserveOptions.rebuild}.
 *
 * @throws {@link InvalidInputError} when `standby` or `rebuild` breaks its rule
 * @throws {@link ConfigError} when `standby` is asked for with checkpoints in memory
 */
export function observe<S extends Selectable>(
  store: EventStore,
  projection: ProjectionWithoutTransaction<S>,
  options?: ObserveOptions,
): Running;
export function observe<S extends Selectable, Tx>(
  store: EventStore,
  projection: Projection<S, Tx>,
  options: ObserveOptions<NoInfer<Tx>> & { readonly checkpoints: Checkpoints<NoInfer<Tx>> },
): Running;
export function observe<Tx>(
  store: EventStore,
  projection: unknown,
  given: ObserveOptions<Tx> = {},
): Running {
  checkStore(store, "subscribe");
  checkKind("projection", projection);
  const { checkpoints, standby, ...options } = takeOptions("observe", given, observeRules);
  // Where none are given, the signatures above see to it that none is needed.
  if (checkpoints !== undefined) checkKind("checkpoints", checkpoints);
  const kept = checkpoints ?? (memoryCheckpoints() as Checkpoints<never>);
  const takeOverMs = takeOverMsOf(standby, kept.durable);
  return new Run(store, projection as Projection<never, Tx>, kept, { ...options, takeOverMs });
}
