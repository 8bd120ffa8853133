import { messageText } from "../error-text.ts";
import type { Rejection } from "../rejection.ts";
import type { Revision, Sequence } from "../sequence.ts";
import { JetfoldError } from "./jetfold-error.ts";
import type { AggregateRef } from "./location.ts";

/**
 * Somebody else's commit came first: nothing of this call was stored. Read again and decide again
 * (`execute` does).
 */
export class ConflictError extends JetfoldError {
  override readonly code = "conflict";
  readonly family: string;
  readonly id: string;
  /** The sequence the writer expected as the aggregate's last; 0 for a new one. */
  readonly expected: Sequence;
  /** The aggregate's last sequence as the leader told it; 0 when it has none. Never the expected one. */
  readonly actual: Sequence;

  constructor(at: AggregateRef, expected: Sequence, actual: Sequence) {
    super(
      `conflict on ${at.family} "${at.id}": expected last sequence ${expected}, actual ${actual}`,
    );
    this.family = at.family;
    this.id = at.id;
    this.expected = expected;
    this.actual = actual;
  }

  static {
    this.prototype.name = "ConflictError";
  }
}

/**
 * The aggregate is not at the revision that `execute` was told to expect, as the leader told it:
 * nothing was stored. Somebody else has changed it since the sender of the command saw it.
 */
export class RevisionMismatchError extends JetfoldError {
  override readonly code = "revision-mismatch";
  readonly family: string;
  readonly id: string;
  /** 0 where no aggregate was expected. */
  readonly expected: Revision;
  /** 0 when there is none. Never the expected one. */
  readonly actual: Revision;

  constructor(at: AggregateRef, expected: Revision, actual: Revision) {
    super(`${at.family} "${at.id}" is at revision ${actual}, and ${expected} was expected`);
    this.family = at.family;
    this.id = at.id;
    this.expected = expected;
    this.actual = actual;
  }

  static {
    this.prototype.name = "RevisionMismatchError";
  }
}

/** An entry of a bucket was changed since it was read: nothing was put. */
export class BucketConflictError extends JetfoldError {
  override readonly code = "bucket-conflict";
  readonly bucket: string;
  readonly key: string;
  /** The revision the writer expected; 0 for a new key. */
  readonly expected: number;
  /** The key's revision as the leader told it; 0 when it is not there. */
  readonly actual: number;

  constructor(bucket: string, key: string, expected: number, actual: number) {
    super(`conflict on "${key}" of "${bucket}": expected revision ${expected}, actual ${actual}`);
    this.bucket = bucket;
    this.key = key;
    this.expected = expected;
    this.actual = actual;
  }

  static {
    this.prototype.name = "BucketConflictError";
  }
}

/** The domain said no: `process` threw a {@link Rejection}, the `cause`. Nothing was stored. */
export class RejectedError extends JetfoldError {
  override readonly code = "rejected";
  /** The aggregate that said no. */
  readonly family: string;
  readonly id: string;

  constructor(at: AggregateRef, rejection: Rejection) {
    const { code } = rejection;
    const message = messageText(rejection);
    const reason = message === code ? code : `${message} (${code})`;
    super(`${at.family} "${at.id}" rejected the command: ${reason}`, { cause: rejection });
    this.family = at.family;
    this.id = at.id;
  }

  /** What the domain said: its code, data and message. The same as `cause`. */
  get rejection(): Rejection {
    return this.cause as Rejection;
  }

  static {
    this.prototype.name = "RejectedError";
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

  static {
    this.prototype.name = "UnknownOutcomeError";
  }
}

/** The commit id was given before, to another commit, which is what is stored. Nothing else was. */
export class CommitIdReusedError extends JetfoldError {
  override readonly code = "commit-id-reused";
  readonly commitId: string;

  constructor(commitId: string) {
    super(`commit id "${commitId}" is another commit's, with other content: give each its own`);
    this.commitId = commitId;
  }

  static {
    this.prototype.name = "CommitIdReusedError";
  }
}

/**
 * The stream, or a bucket, holds as much as its limits allow: nothing was stored. It takes more once
 * somebody has raised them, or made room.
 */
export class StoreFullError extends JetfoldError {
  override readonly code = "store-full";

  static {
    this.prototype.name = "StoreFullError";
  }
}

/** A projection needs what was to be truncated: nothing was cut. */
export class TruncationBlockedError extends JetfoldError {
  override readonly code = "truncation-blocked";
  readonly family: string;
  readonly id: string;
  /** Which one. */
  readonly projection: string;
  readonly version: number;
  /** It was only behind; otherwise it has set commits of the aggregate aside. */
  readonly behind: boolean;

  constructor(
    at: AggregateRef,
    { name, version }: { readonly name: string; readonly version: number },
    behind: boolean,
    detail: string,
  ) {
    super(`${at.family} "${at.id}" can't be truncated: ${detail}`);
    this.family = at.family;
    this.id = at.id;
    this.projection = name;
    this.version = version;
    this.behind = behind;
  }

  static {
    this.prototype.name = "TruncationBlockedError";
  }
}

/**
 * What is imported is not what the store holds already in its place, or can't be compared any more.
 * What came before it in the source is stored.
 */
export class ImportMismatchError extends JetfoldError {
  override readonly code = "import-mismatch";
  /** Which commit of the source, from 0; undefined when it is about all of them. */
  readonly index: number | undefined;

  constructor(index: number | undefined, detail: string, options?: ErrorOptions) {
    super(`${index === undefined ? "the source" : `source[${index}]`} ${detail}`, options);
    this.index = index;
  }

  static {
    this.prototype.name = "ImportMismatchError";
  }
}
