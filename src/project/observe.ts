import type { EventStore, Selectable, Sequence } from "../event/index.ts";
import type { Checkpoints } from "./checkpoint.ts";
import { memoryCheckpoints } from "./memory-checkpoints.ts";
import type { Projection } from "./projection.ts";
import { Run } from "./run.ts";
import type { Running } from "./running.ts";

/** Where a projection begins, where its position is kept, and what stops it. */
export interface ObserveOptions {
  /**
   * Where its position is kept. Keep it where the read model is: a checkpoint that outlives its
   * read model skips what the model has lost.
   * @default in memory: every start begins at `after`
   */
  readonly checkpoints?: Checkpoints;
  /**
   * Where to begin when there is no checkpoint: after this sequence (exclusive), or `"new"`.
   * @default 0, all of history
   */
  readonly after?: Sequence | "new";
  readonly signal?: AbortSignal;
}

/**
 * Run a projection: history from its checkpoint, then live, without a gap, one commit at a time.
 * It goes on until it is stopped, its signal aborts, the store is closed (state `"stopped"`), or a
 * handler throws (state `"failed"`; `done` rejects, nothing is skipped, and another `observe`
 * begins with the same commit).
 *
 * At least once: after a crash, what was handled since the last saved checkpoint (a fraction of a
 * second) is handled again. One process at a time should run a projection.
 */
export function observe<S extends Selectable>(
  store: EventStore,
  projection: Projection<S>,
  options: ObserveOptions = {},
): Running {
  const { checkpoints = memoryCheckpoints(), after = 0, signal } = options;
  return new Run(store, projection, checkpoints, after, signal);
}
