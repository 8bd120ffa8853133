/** Aggregates: rebuilt from their events, decided on, written. */
export {
  type Aggregate,
  type AggregateDefinition,
  defineAggregate,
  type Foldable,
  type ProcessContext,
  type SnapshotPolicy,
} from "./aggregate.ts";
export {
  commandTo,
  type CommandArguments,
  type CommandOptions,
  type CommandTo,
} from "./command-to.ts";
export { execute, type ExecuteArguments } from "./execute.ts";
export type { Executed, ExecuteOptions } from "./execution.ts";
export type { Fault, Inspection } from "./examination.ts";
export { forgetAggregate } from "./forget.ts";
export { aggregateIds } from "./ids.ts";
export { inspect, type InspectOptions } from "./inspect.ts";
export type { LoadOptions, LoadStore } from "./load.ts";
export { find, type Freshness, read, readAfter, type ReadRootOptions } from "./read.ts";
export { repair, type Repaired, type RepairOptions } from "./repair.ts";
export { newRoot, type Root } from "./root.ts";
export { saveSnapshot, type SnapshotStore } from "./snapshot.ts";
export {
  snapshotAndTruncate,
  type Truncated,
  type TruncateOptions,
} from "./snapshot-and-truncate.ts";
export { write, type WriteOptions } from "./write.ts";
