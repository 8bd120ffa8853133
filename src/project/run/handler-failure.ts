import {
  type AggregateRef,
  type Commit,
  type Envelope,
  isJetfoldError,
  type StoreFullError,
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

/**
 * Something is away and may come back: trying again later helps, and counts for nothing. Only what says
 * so is one, whoever threw it: a call of jetfold's or a handler's own error of that class. That a handler
 * waited in vain for what another projection has parked, say, is its failure.
 */
export function isOutage(error: unknown): error is Outage | HandlerFailure {
  const cause = causeOf(error);
  return isJetfoldError(cause, "unavailable") || isJetfoldError(cause, "store-full");
}

type Outage = UnavailableError | StoreFullError;

/** What users are told of: what the handler threw. */
export function causeOf(error: unknown): unknown {
  return error instanceof HandlerFailure ? error.cause : error;
}

/** Trying again would end the same. */
export function isLasting(error: unknown): boolean {
  return (
    isJetfoldError(error, "poison") ||
    isJetfoldError(error, "corrupt") ||
    isJetfoldError(error, "truncated")
  );
}
