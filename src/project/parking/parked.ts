import { errorText, storableText } from "../../event/error-text.ts";
import type { AggregateRef, Revision, Sequence } from "../../event/index.ts";

/**
 * A commit that a projection could not handle and has set aside. It stays in the store, where it is
 * read again when it is retried; later commits of its aggregate are held back behind it.
 */
export interface ParkedCommit extends AggregateRef, Place {
  /** Commits of the aggregate at or after this sequence wait. */
  readonly sequence: Sequence;
  /**
   * The side effects of the aggregate's commits from here on are still to be done: before `sequence`
   * where a retry has handled them and was interrupted, or its effect failed; after it where the
   * version before has done them. Without it: from `sequence` on.
   */
  readonly effects?: Place;
  /** How many of its events were handled before one failed; 0 where that was rolled back. */
  readonly handled: number;
  /** What the handler said, as text. */
  readonly error: string;
  /** How many times it was tried. */
  readonly attempts: number;
  /** By the clock of the process that parked it, in milliseconds since 1970. */
  readonly parkedAtMs: number;
}

/** Where something lies in an aggregate's history, so that it can be found in a copy, too. */
export interface Place {
  readonly sequence: Sequence;
  /** The id of the commit there; absent where it is no commit. */
  readonly commitId?: string;
  /** The revision of its last event; without `commitId` that of the commit just before. */
  readonly revision?: Revision;
}

export function placeOf({ sequence, commitId, revision }: Place): Place {
  return {
    sequence,
    ...(commitId !== undefined && { commitId }),
    ...(revision !== undefined && { revision }),
  };
}

/** The entry of an aggregate of which only what comes after a sequence waits to be handled. */
export function waitingAfter(entry: ParkedCommit, sequence: Sequence): ParkedCommit {
  const { commitId: _, revision: __, effects: ___, ...rest } = entry;
  return { ...rest, sequence: sequence + 1, handled: 0 };
}

/** Does it have side effects to be done of what is handled already? */
export function owesEffects({ sequence, effects }: ParkedCommit): boolean {
  return effects !== undefined && effects.sequence < sequence;
}

/** What an error says, short enough to be stored. */
export function storedText(error: unknown): string {
  return storableText(errorText(error), maxErrorText);
}

const maxErrorText = 2_000;

/** Is this what was stored as a {@link ParkedCommit}? */
export function isParkedCommit(value: unknown): value is ParkedCommit {
  if (typeof value !== "object" || value === null) return false;
  const { family, id, sequence, handled, effects } = value as Partial<ParkedCommit>;
  return (
    (effects === undefined || Number.isSafeInteger(effects?.sequence)) &&
    typeof family === "string" &&
    typeof id === "string" &&
    Number.isSafeInteger(sequence) &&
    Number.isSafeInteger(handled)
  );
}
