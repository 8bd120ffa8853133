import type { Sequence } from "../sequence.ts";
import { JetfoldError } from "./jetfold-error.ts";
import {
  type AggregateRef,
  type Location,
  locationText,
  repairHint,
  sequenceAt,
} from "./location.ts";

/** The aggregate has never had a commit; or nothing of it is where it was looked for. */
export class NotFoundError extends JetfoldError {
  override readonly code = "not-found";
  readonly family: string;
  readonly id: string;

  constructor(at: AggregateRef, detail = "does not exist") {
    super(`${at.family} "${at.id}" ${detail}`);
    this.family = at.family;
    this.id = at.id;
  }

  static {
    this.prototype.name = "NotFoundError";
  }
}

/**
 * What is stored is not what was written: a checksum, an identity or the run of revisions does not
 * hold. A reader over many aggregates may skip a damaged message by its policy.
 */
export class CorruptError extends JetfoldError {
  override readonly code = "corrupt";
  readonly at: Location;
  /** Of the message; 0 where it is an entry beside the events. */
  readonly sequence: Sequence;

  constructor(at: Location, detail: string, options?: ErrorOptions) {
    super(
      `corrupt ${locationText(at)}: ${detail}${at.kind === "commit" ? repairHint : ""}`,
      options,
    );
    this.at = at;
    this.sequence = sequenceAt(at);
  }

  static {
    this.prototype.name = "CorruptError";
  }
}

/**
 * A message this reader cannot use although nothing proves it damaged: a foreign message, a type or
 * schema version it does not know, a body its codec, upcaster or schema refuses.
 */
export class PoisonError extends JetfoldError {
  override readonly code = "poison";
  readonly at: Location;
  /** Of the message; 0 where it is an entry beside the events. */
  readonly sequence: Sequence;

  constructor(at: Location, detail: string, options?: ErrorOptions) {
    super(`poison ${locationText(at)}: ${detail}`, options);
    this.at = at;
    this.sequence = sequenceAt(at);
  }

  static {
    this.prototype.name = "PoisonError";
  }
}

/** The history asked for was cut off by a truncation and no base at or before the bound replaces it. */
export class TruncatedError extends JetfoldError {
  override readonly code = "truncated";
  readonly family: string;
  readonly id: string;
  /** The sequence of the first commit that is left; 0 where that is not known. */
  readonly firstSequence: Sequence;

  constructor(
    at: AggregateRef,
    firstSequence: Sequence,
    detail: string = "its earlier history was cut",
  ) {
    const left = firstSequence === 0 ? "" : `; the first commit left is ${firstSequence}`;
    super(`${at.family} "${at.id}": ${detail}${left}`);
    this.family = at.family;
    this.id = at.id;
    this.firstSequence = firstSequence;
  }

  static {
    this.prototype.name = "TruncatedError";
  }
}

/**
 * The stream is not the one that was opened, or not what a checkpoint was written for: it is gone,
 * was replaced by another, went back to an earlier state, or was emptied. Nothing is read or stored
 * any more, and what was handled stays as it is.
 */
export class StreamChangedError extends JetfoldError {
  override readonly code = "stream-changed";
  readonly stream: string;
  /** Up to where it was known. */
  readonly sequence: Sequence;

  constructor(stream: string, sequence: Sequence, detail: string, options?: ErrorOptions) {
    super(`stream "${stream}", known up to ${sequence}: ${detail}`, options);
    this.stream = stream;
    this.sequence = sequence;
  }

  static {
    this.prototype.name = "StreamChangedError";
  }
}
