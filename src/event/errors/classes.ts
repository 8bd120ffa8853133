import {
  ClosedError,
  ConfigError,
  InvalidInputError,
  OverflowError,
  TimeoutError,
  UnavailableError,
  UnstorableError,
} from "./calling.ts";
import {
  CorruptError,
  NotFoundError,
  PoisonError,
  StreamChangedError,
  TruncatedError,
} from "./reading.ts";
import {
  CheckpointError,
  NotRunningError,
  ParkedError,
  SecondRunnerError,
  StandbyError,
  SupersededError,
  TransactionError,
  WorkerCrashedError,
} from "./running.ts";
import {
  BucketConflictError,
  CommitIdReusedError,
  ConflictError,
  ImportMismatchError,
  RejectedError,
  RevisionMismatchError,
  StoreFullError,
  TruncationBlockedError,
  UnknownOutcomeError,
} from "./writing.ts";

/** The class of each code. */
export interface ErrorClasses {
  readonly conflict: typeof ConflictError;
  readonly "revision-mismatch": typeof RevisionMismatchError;
  readonly "bucket-conflict": typeof BucketConflictError;
  readonly "not-found": typeof NotFoundError;
  readonly rejected: typeof RejectedError;
  readonly "unknown-outcome": typeof UnknownOutcomeError;
  readonly "commit-id-reused": typeof CommitIdReusedError;
  readonly "store-full": typeof StoreFullError;
  readonly "truncation-blocked": typeof TruncationBlockedError;
  readonly "import-mismatch": typeof ImportMismatchError;
  readonly corrupt: typeof CorruptError;
  readonly poison: typeof PoisonError;
  readonly truncated: typeof TruncatedError;
  readonly "stream-changed": typeof StreamChangedError;
  readonly unavailable: typeof UnavailableError;
  readonly timeout: typeof TimeoutError;
  readonly closed: typeof ClosedError;
  readonly config: typeof ConfigError;
  readonly "invalid-input": typeof InvalidInputError;
  readonly unstorable: typeof UnstorableError;
  readonly overflow: typeof OverflowError;
  readonly parked: typeof ParkedError;
  readonly "not-running": typeof NotRunningError;
  readonly standby: typeof StandbyError;
  readonly superseded: typeof SupersededError;
  readonly "second-runner": typeof SecondRunnerError;
  readonly checkpoint: typeof CheckpointError;
  readonly transaction: typeof TransactionError;
  readonly "worker-crashed": typeof WorkerCrashedError;
}

/** The codes, one for each class. */
export type ErrorCode = keyof ErrorClasses;

export const errorClasses: ErrorClasses = {
  conflict: ConflictError,
  "revision-mismatch": RevisionMismatchError,
  "bucket-conflict": BucketConflictError,
  "not-found": NotFoundError,
  rejected: RejectedError,
  "unknown-outcome": UnknownOutcomeError,
  "commit-id-reused": CommitIdReusedError,
  "store-full": StoreFullError,
  "truncation-blocked": TruncationBlockedError,
  "import-mismatch": ImportMismatchError,
  corrupt: CorruptError,
  poison: PoisonError,
  truncated: TruncatedError,
  "stream-changed": StreamChangedError,
  unavailable: UnavailableError,
  timeout: TimeoutError,
  closed: ClosedError,
  config: ConfigError,
  "invalid-input": InvalidInputError,
  unstorable: UnstorableError,
  overflow: OverflowError,
  parked: ParkedError,
  "not-running": NotRunningError,
  standby: StandbyError,
  superseded: SupersededError,
  "second-runner": SecondRunnerError,
  checkpoint: CheckpointError,
  transaction: TransactionError,
  "worker-crashed": WorkerCrashedError,
};
