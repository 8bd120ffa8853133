import type { Sequence } from "../sequence.ts";
import { JetfoldError } from "./jetfold-error.ts";
import type { AggregateRef } from "./location.ts";

/**
 * What was waited for is set aside, or held back behind what is: it is not in the read model until
 * it is retried. See `running.parked`.
 */
export class ParkedError extends JetfoldError {
  override readonly code = "parked";
  readonly projection: string;
  readonly family: string;
  readonly id: string;
  readonly sequence: Sequence;

  constructor(projection: string, { family, id }: AggregateRef, sequence: Sequence) {
    super(
      `projection "${projection}" has set the commit at ${sequence} aside: ${family} "${id}" is ` +
        "parked (running.parked lists, retries and discards)",
    );
    this.projection = projection;
    this.family = family;
    this.id = id;
    this.sequence = sequence;
  }

  static {
    this.prototype.name = "ParkedError";
  }
}

/** The projection, or its worker, has stopped or failed (`cause`): what was waited for will not come. */
export class NotRunningError extends JetfoldError {
  override readonly code = "not-running";

  static {
    this.prototype.name = "NotRunningError";
  }
}

/** The projection stands by in this process: another one runs it, and is the one to ask. */
export class StandbyError extends JetfoldError {
  override readonly code = "standby";

  static {
    this.prototype.name = "StandbyError";
  }
}

/** A newer version of a projection has taken over: what this one writes is refused. */
export class SupersededError extends JetfoldError {
  override readonly code = "superseded";
  readonly projection: string;
  readonly version: number;
  /** The version that has taken over. */
  readonly by: number;

  constructor(projection: string, version: number, by: number) {
    super(
      `version ${by} of projection "${projection}" has taken over from version ${version}; ` +
        `to go back, drop version ${by}`,
    );
    this.projection = projection;
    this.version = version;
    this.by = by;
  }

  static {
    this.prototype.name = "SupersededError";
  }
}

/**
 * Somebody else has changed this projection's checkpoint: the same version runs a second time, in
 * another process or in this one. What was refused is not in the checkpoint, nor, where that is in one
 * transaction with it, in the read model.
 */
export class SecondRunnerError extends JetfoldError {
  override readonly code = "second-runner";
  readonly projection: string;
  readonly version: number;

  constructor(projection: string, version: number, options?: ErrorOptions) {
    super(
      `version ${version} of projection "${projection}" runs elsewhere too: its checkpoint was changed ` +
        "by another process, or by another observe in this one. Start it once; or everywhere with " +
        "standby: true, and one of them works at a time",
      options,
    );
    this.projection = projection;
    this.version = version;
  }

  static {
    this.prototype.name = "SecondRunnerError";
  }
}

/**
 * What is stored of a projection's position is lost, or does not go with the projection or the store
 * that it is used with. Nothing was handled; the message names the ways out.
 */
export class CheckpointError extends JetfoldError {
  override readonly code = "checkpoint";

  static {
    this.prototype.name = "CheckpointError";
  }
}

/**
 * A handler has broken the rules of the transaction it was given: it ended it (COMMIT, ROLLBACK, maybe
 * in a library), or came with a query when its step was over. The query was refused; what an ended
 * transaction held may be in the read model, so nothing is tried again.
 */
export class TransactionError extends JetfoldError {
  override readonly code = "transaction";

  static {
    this.prototype.name = "TransactionError";
  }
}

/**
 * A worker's thread has ended by itself, or had to be ended: what it was asked may or may not have
 * been done. It is started again as its options say.
 */
export class WorkerCrashedError extends JetfoldError {
  override readonly code = "worker-crashed";

  static {
    this.prototype.name = "WorkerCrashedError";
  }
}
