/** Projections: read models built from events, once or live. */
export { adoptCheckpoint, type AdoptOptions } from "./checkpoints/adopt.ts";
export type {
  Activation,
  Checkpoint,
  CheckpointOwner,
  Checkpoints,
  LastCommit,
  ResumedCheckpoint,
  ResumeOptions,
  Step,
  VersionBefore,
  Work,
} from "./checkpoints/checkpoint.ts";
export { dropProjection, type Forgetting, forgetProjection } from "./checkpoints/forget.ts";
export { kvCheckpoints } from "./checkpoints/kv.ts";
export type { StandbyOptions } from "./failover/standby-options.ts";
export { memoryCheckpoints } from "./checkpoints/memory.ts";
export { observe, type ObserveOptions, type ProjectionWithoutTransaction } from "./observe.ts";
export type { OnState } from "./run/status.ts";
export type { ParkedCommit, Place } from "./parking/parked.ts";
export {
  type BatchOptions,
  defineProjection,
  type ErrorPolicy,
  type HandlerContext,
  type ProjectedEvent,
  type Projection,
  type ProjectionDefinition,
} from "./projection.ts";
export { rebuild, type RebuildOptions, type RebuildProgress } from "./rebuild.ts";
export type {
  Failure,
  Lag,
  Parked,
  Progress,
  Running,
  RunState,
  StopOptions,
  WaitOptions,
} from "./running.ts";
