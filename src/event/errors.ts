/**
 * Every error jetfold throws on purpose. Tell them apart by `code` (see {@link isJetfoldError}),
 * which also works when two copies of the package are loaded; `instanceof` works within one copy.
 * An aborted call throws its signal's `reason`, which is none of these.
 */
import { valueText } from "./error-text.ts";
import { isRejection } from "./is-rejection.ts";
import type { Rejection } from "./rejection.ts";

/** The codes, one for each class below. */
export type ErrorCode =
  | "conflict"
  | "not-found"
  | "rejected"
  | "unknown-outcome"
  | "unavailable"
  | "corrupt"
  | "poison"
  | "truncated"
  | "config"
  | "overflow"
  | "transaction"
  | "invalid-input";

/** The base of jetfold's errors; never thrown itself. */
export abstract class JetfoldError extends Error {
  abstract readonly code: ErrorCode;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Which aggregate an error is about. */
export interface AggregateRef {
  readonly family: string;
  readonly id: string;
}

/**
 * Somebody else's commit came first: nothing of this call was stored. Read again and decide again
 * (`execute` does).
 */
export class ConflictError extends JetfoldError {
  override readonly code = "conflict";
  readonly family: string;
  readonly id: string;
  /** The sequence the writer expected as the aggregate's last; 0 for a new one. */
  readonly expected: number;
  /** The aggregate's last sequence as the leader told it; 0 when it has none. */
  readonly actual: number;

  constructor(at: AggregateRef, expected: number, actual: number, detail?: string) {
    super(
      `conflict on ${at.family} "${at.id}": ` +
        (detail ?? `expected last sequence ${expected}, actual ${actual}`),
    );
    this.family = at.family;
    this.id = at.id;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The aggregate has never had a commit. */
export class NotFoundError extends JetfoldError {
  override readonly code = "not-found";
  readonly family: string;
  readonly id: string;

  constructor(at: AggregateRef, detail = "does not exist") {
    super(`${at.family} "${at.id}" ${detail}`);
    this.family = at.family;
    this.id = at.id;
  }
}

/** The domain said no: `process` threw a {@link Rejection}, the `cause`. Nothing was stored. */
export class RejectedError extends JetfoldError {
  override readonly code = "rejected";
  /** The aggregate that said no. */
  readonly family: string;
  readonly id: string;

  constructor(at: AggregateRef, rejection: Rejection) {
    const { message, code } = rejection;
    const reason = message === code ? code : `${message} (${code})`;
    super(`${at.family} "${at.id}" rejected the command: ${reason}`, { cause: rejection });
    this.family = at.family;
    this.id = at.id;
  }

  /** What the domain said: its code, data and message. The same as `cause`. */
  get rejection(): Rejection {
    return this.cause as Rejection;
  }
}

/**
 * The time budget ran out before the server said whether the commit was stored. Call again with
 * the same `commitId`: a commit that was stored is then found and never stored twice.
 */
export class UnknownOutcomeError extends JetfoldError {
  override readonly code = "unknown-outcome";
  readonly commitId: string;

  constructor(commitId: string, budgetMs: number, options?: ErrorOptions) {
    super(
      `no usable answer (budget ${budgetMs} ms): commit "${commitId}" may or may not be stored; ` +
        "call again with the same commitId",
      options,
    );
    this.commitId = commitId;
  }
}

/** The server could not be reached or would not answer in time; nothing was changed by this call. */
export class UnavailableError extends JetfoldError {
  override readonly code = "unavailable";
  /** The connection is closed for good: trying again is in vain. */
  readonly final: boolean;

  constructor(message: string, { final = false, ...options }: UnavailableOptions = {}) {
    super(message, options);
    this.final = final;
  }
}

/** What is known of an outage besides its message. */
export interface UnavailableOptions extends ErrorOptions {
  readonly final?: boolean;
}

/**
 * What is stored is not what was written: a checksum, an identity or the run of revisions does not
 * hold; or a checkpoint or a subscription is of another or a rewound stream. A reader over many
 * aggregates may skip a damaged message by its policy, and nothing else of these.
 */
export class CorruptError extends JetfoldError {
  override readonly code = "corrupt";
  readonly sequence: number;
  readonly subject: string;

  constructor(at: StoredAt, detail: string, options?: ErrorOptions) {
    super(`corrupt at sequence ${at.sequence} (${at.subject}): ${detail}`, options);
    this.sequence = at.sequence;
    this.subject = at.subject;
  }
}

/**
 * A message this reader cannot use although nothing proves it damaged: a foreign message, a type or
 * schema version it does not know, a body its codec, upcaster or schema refuses.
 */
export class PoisonError extends JetfoldError {
  override readonly code = "poison";
  readonly sequence: number;
  readonly subject: string;

  constructor(at: StoredAt, detail: string, options?: ErrorOptions) {
    super(`poison at sequence ${at.sequence} (${at.subject}): ${detail}`, options);
    this.sequence = at.sequence;
    this.subject = at.subject;
  }
}

/** Where a stored message lies. */
export interface StoredAt {
  readonly sequence: number;
  readonly subject: string;
}

/** The history asked for was cut off by a truncation and no base at or before the bound replaces it. */
export class TruncatedError extends JetfoldError {
  override readonly code = "truncated";
  readonly family: string;
  readonly id: string;
  /** The sequence of the first commit that is left; 0 where that is not known. */
  readonly firstSequence: number;

  constructor(at: AggregateRef, firstSequence: number, detail = "its earlier history was cut") {
    const left = firstSequence === 0 ? "" : `; the first commit left is ${firstSequence}`;
    super(`${at.family} "${at.id}": ${detail}${left}`);
    this.family = at.family;
    this.id = at.id;
    this.firstSequence = firstSequence;
  }
}

/** The store, the connection or a definition is set up in a way that cannot work. */
export class ConfigError extends JetfoldError {
  override readonly code = "config";
}

/** More came than a bounded buffer may hold, from a source that can't be told to wait. */
export class OverflowError extends JetfoldError {
  override readonly code = "overflow";
  /** How many values may wait. */
  readonly buffer: number;

  constructor(what: string, buffer: number) {
    super(`${what}: a value came while ${buffer} waited, as many as its buffer holds`);
    this.buffer = buffer;
  }
}

/**
 * A handler has broken the rules of the transaction it was given: it ended it (COMMIT, ROLLBACK, maybe
 * in a library), or came with a query when its step was over. The query was refused; what an ended
 * transaction held may be in the read model, so nothing is tried again.
 */
export class TransactionError extends JetfoldError {
  override readonly code = "transaction";
}

/** An argument breaks a rule. Thrown before anything is sent; nothing was changed. */
export class InvalidInputError extends JetfoldError {
  override readonly code = "invalid-input";
  /** Which argument, as a path: `id`, `events[2].price`. */
  readonly field: string;
  readonly rule: string;
  readonly value: unknown;

  constructor(field: string, rule: string, value: unknown, options?: ErrorOptions) {
    super(`${field} ${rule}, got ${valueText(value)}`, options);
    this.field = field;
    this.rule = rule;
    this.value = value;
  }
}

/** The class of each code. */
export type JetfoldErrorOf<Code extends ErrorCode> = Extract<AnyError, { readonly code: Code }>;

type AnyError =
  | ConflictError
  | NotFoundError
  | RejectedError
  | UnknownOutcomeError
  | UnavailableError
  | CorruptError
  | PoisonError
  | TruncatedError
  | ConfigError
  | OverflowError
  | InvalidInputError;

/**
 * Is this one of jetfold's errors, and (if given) of this code? Works across copies of the package.
 * A domain's {@link Rejection} is none, whatever its code.
 */
export function isJetfoldError<Code extends ErrorCode>(
  error: unknown,
  code?: Code,
): error is JetfoldErrorOf<Code> {
  if (!(error instanceof Error) || !("code" in error) || isRejection(error)) return false;
  return code === undefined ? codes.has(error.code) : error.code === code;
}

const codes: ReadonlySet<unknown> = new Set<ErrorCode>([
  "conflict",
  "not-found",
  "rejected",
  "unknown-outcome",
  "unavailable",
  "corrupt",
  "poison",
  "truncated",
  "config",
  "overflow",
  "transaction",
  "invalid-input",
]);
