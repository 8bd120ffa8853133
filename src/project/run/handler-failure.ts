import {
  type AggregateRef,
  type Commit,
  type Envelope,
  isJetfoldError,
  type UnavailableError,
} from "../../event/index.ts";

/** A commit that failed, or a message that is none. */
export type FailedAt = AggregateRef &
  Pick<Commit, "sequence"> &
  Partial<Pick<Commit, "commitId" | "lastRevision">>;

/** A handler threw; `cause` is what. Never seen by users: they are given the cause. */
export class HandlerFailure extends Error {
  override readonly name = "HandlerFailure";
  /** The event in hand; absent where many were handled at once, or none. */
  readonly envelope: Envelope | undefined;
  /** What failed, and how often; set when it is given up. */
  at: FailedAt | undefined;
  attempts = 0;
  /** How many events of the commit were handled, and are not rolled back. */
  readonly handled: number;

  constructor(cause: unknown, envelope?: Envelope, handled: number = 0) {
    super("a handler failed", { cause });
    this.envelope = envelope;
    this.handled = handled;
  }
}

/** Something that was away may come back: trying again later helps. */
export function isOutage(error: unknown): error is UnavailableError {
  const cause = error instanceof HandlerFailure ? error.cause : error;
  return isJetfoldError(cause, "unavailable") && !cause.final;
}

/** Trying again would end the same. */
export function isLasting(error: unknown): boolean {
  return (
    isJetfoldError(error, "poison") ||
    isJetfoldError(error, "corrupt") ||
    isJetfoldError(error, "truncated")
  );
}
