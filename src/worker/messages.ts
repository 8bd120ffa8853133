import type { MessagePort } from "node:worker_threads";
import type { Sequence } from "../event/index.ts";
import type { RunState } from "../project/index.ts";
import type { ErrorForm } from "./error-form.ts";
import type { WorkerFailure } from "./worker-projection.ts";

/** What the main thread can ask a worker. */
export type Question =
  | "query"
  | "reached"
  | "caughtUp"
  | "activated"
  | "lag"
  | "progress"
  | "parked"
  | "retry"
  | "discard";

/** What the main thread tells a worker. */
export type ToWorker =
  | {
      readonly kind: "ask";
      readonly id: number;
      readonly question: Question;
      readonly args: readonly unknown[];
    }
  /** Nobody waits for this answer any more. */
  | { readonly kind: "abandon"; readonly id: number }
  | { readonly kind: "stop" };

/** What a worker tells the main thread. */
export type ToMain =
  /** `start` has returned: it can be asked. */
  | { readonly kind: "ready" }
  /** `start` has thrown. */
  | { readonly kind: "refused"; readonly error: ErrorForm }
  | { readonly kind: "status"; readonly status: WorkerStatus }
  | { readonly kind: "state"; readonly state: RunState; readonly cause: ErrorForm | undefined }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: ErrorForm }
  /** A message could not be read; it does not say which one. */
  | { readonly kind: "unread"; readonly error: ErrorForm }
  /** Where a projection of its thread shows what it has in hand: see `SharedHand`. */
  | { readonly kind: "hand"; readonly key: string; readonly buffer: SharedArrayBuffer }
  /** What a thread has crashed at was handled after all. */
  | { readonly kind: "acquitted"; readonly key: string; readonly sequence: Sequence }
  /** The projection's `done` has settled; the thread stays, for queries. */
  | { readonly kind: "settled"; readonly error: ErrorForm | undefined }
  /** It has stopped and closed everything; the thread ends. */
  | { readonly kind: "ended"; readonly error: ErrorForm | undefined };

/** A projection as it is in its thread. */
export interface WorkerStatus {
  readonly state: RunState;
  readonly position: Sequence;
  readonly handled: number;
  readonly rate: number;
  readonly busySinceMs: number | undefined;
  readonly active: boolean;
  readonly error: ErrorForm | undefined;
  readonly failure: WorkerFailure | undefined;
}

/** What a thread finds in its `workerData`. */
export interface Given {
  readonly jetfold: {
    readonly port: MessagePort;
    readonly data: unknown;
    readonly crashed: readonly Crashed[];
  };
}

/** What was in hand when a thread crashed. */
export interface Crashed {
  /** Of which projection. */
  readonly key: string;
  /** First and last commit, inclusive. */
  readonly first: Sequence;
  readonly last: Sequence;
  /** How often, when it was a single one; else 0. */
  readonly crashes: number;
  /** How the last thread ended. */
  readonly cause: ErrorForm;
}
