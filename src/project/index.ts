/** Projections: read models built from events, once or live. */
export type { Checkpoint, CheckpointOwner, Checkpoints, ResumedCheckpoint } from "./checkpoint.ts";
export { forgetProjection } from "./forget.ts";
export { kvCheckpoints } from "./kv-checkpoints.ts";
export { memoryCheckpoints } from "./memory-checkpoints.ts";
export { observe, type ObserveOptions } from "./observe.ts";
export {
  defineProjection,
  type ProjectedEvent,
  type Projection,
  type ProjectionDefinition,
} from "./projection.ts";
export { rebuild, type RebuildOptions, type RebuildProgress } from "./rebuild.ts";
export type { Running, RunState, WaitOptions } from "./running.ts";
