import { errorText } from "../../event/error-text.ts";
import type { AggregateRef, Revision, Sequence } from "../../event/index.ts";

/**
 * A commit that a projection could not handle and has set aside. It stays in the store, where it is
 * read again when it is retried; later commits of its aggregate are held back behind it.
 */
export interface ParkedCommit extends AggregateRef {
  /** Commits of the aggregate at or after this sequence wait. */
  readonly sequence: Sequence;
  /** The id of the commit there; absent where it is no commit. */
  readonly commitId?: string;
  /** The revision of its last event. */
  readonly revision?: Revision;
  /** How many of its events were handled before one failed; 0 where that was rolled back. */
  readonly handled: number;
  /** What the handler said, as text. */
  readonly error: string;
  /** How many times it was tried. */
  readonly attempts: number;
  /** By the clock of the process that parked it, in milliseconds since 1970. */
  readonly parkedAtMs: number;
}

/** What an error says, short enough to be stored. */
export function storedText(error: unknown): string {
  const text = errorText(error);
  return text.length > maxErrorText ? `${text.slice(0, maxErrorText)}…` : text;
}

const maxErrorText = 2_000;

/** Is this what was stored as a {@link ParkedCommit}? */
export function isParkedCommit(value: unknown): value is ParkedCommit {
  if (typeof value !== "object" || value === null) return false;
  const { family, id, sequence, handled } = value as Partial<ParkedCommit>;
  return (
    typeof family === "string" &&
    typeof id === "string" &&
    Number.isSafeInteger(sequence) &&
    Number.isSafeInteger(handled)
  );
}
