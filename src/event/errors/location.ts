import type { Sequence } from "../sequence.ts";

/** Which aggregate an error is about. */
export interface AggregateRef {
  readonly family: string;
  readonly id: string;
}

/** Where something is stored that an error is about. */
export type Location = CommitLocation | BucketLocation | StreamLocation;

/** A commit, or a message in the place of one. */
export interface CommitLocation extends AggregateRef {
  readonly kind: "commit";
  readonly sequence: Sequence;
}

/** An entry beside the events, jetfold's own: a checkpoint, say, in a bucket or as a row. */
export interface BucketLocation {
  readonly kind: "bucket";
  readonly key: string;
}

/** A place in a stream, or where it should have been. */
export interface StreamLocation {
  readonly kind: "stream";
  readonly sequence: Sequence;
}

export function locationText(at: Location): string {
  switch (at.kind) {
    case "commit":
      return `at sequence ${at.sequence} (${at.family} "${at.id}")`;
    case "bucket":
      return `in the entry "${at.key}"`;
    case "stream":
      return `at sequence ${at.sequence} of the stream`;
  }
}

/** Of the commit; 0 where it is none. */
export function sequenceAt(at: Location): Sequence {
  return at.kind === "bucket" ? 0 : at.sequence;
}

/** The way out of an aggregate that can't be read. */
export const repairHint =
  " (`inspect` tells what is wrong with the aggregate, and `repair` leaves it out)";
