/** A projection in a thread of its own, with a connection of its own, and its handle here. */
export { runInWorker } from "./run-in-worker.ts";
export { type RestartOptions, startWorker, type StartWorkerOptions } from "./start-worker.ts";
export { transfer, type Transfer, type TransferableBuffer } from "./transfer.ts";
export type {
  DataOf,
  Queries,
  QueriesOf,
  Started,
  WorkerContext,
  WorkerDefinition,
  WorkerModule,
} from "./worker-module.ts";
export type {
  Answer,
  QueryArguments,
  Sendable,
  WorkerFailure,
  WorkerParked,
  WorkerProjection,
  WorkerState,
} from "./worker-projection.ts";
