import { CorruptError, type StoredAt } from "./errors.ts";
import type { Frame } from "./frame.ts";

/**
 * Proves while reading that each aggregate's commits follow one another: revisions without a hole,
 * each commit repeating the checksum of the one before it. Remembers the last commit of the
 * {@link remembered} aggregates seen most recently; of others it can't tell what they lack.
 */
export class Continuity {
  readonly #last = new Map<string, { readonly revision: number; readonly checksum: number }>();
  readonly #limit: number;
  #complete: boolean;

  /**
   * @param fromStart - the read began before everything, so an aggregate met for the first time
   *   must begin at revision 1
   */
  constructor(fromStart: boolean, limit: number = remembered) {
    this.#complete = fromStart;
    this.#limit = limit;
  }

  /**
   * Take note of the aggregate's next commit.
   * @returns how many revisions are missing before it; always 0 when that can't be known
   * @throws {@link CorruptError} when it does not follow the one before, unless it is a base that
   *   stands for what is missing
   */
  follow(key: string, frame: Frame, at: StoredAt): number {
    const last = this.#last.get(key);
    const missing = this.#missingBefore(last?.revision, frame);
    if (last !== undefined) assertFollows(last, frame, missing, at);
    this.#remember(key, frame);
    return missing;
  }

  /** The aggregate had a commit that could not be read: what follows can't be checked against it. */
  forget(key: string): void {
    this.#last.delete(key);
    this.#complete = false;
  }

  #missingBefore(revision: number | undefined, frame: Frame): number {
    if (revision === undefined && !this.#complete) return 0;
    return frame.firstRevision - 1 - (revision ?? 0);
  }

  #remember(key: string, frame: Frame): void {
    const revision = frame.firstRevision + frame.events.length - 1;
    this.#last.delete(key);
    this.#last.set(key, { revision, checksum: frame.checksum });
    if (this.#last.size <= this.#limit) return;
    this.#last.delete(this.#last.keys().next().value!);
    this.#complete = false;
  }
}

/** How many aggregates one read checks at a time. */
export const remembered = 100_000;

function assertFollows(
  last: { readonly revision: number; readonly checksum: number },
  frame: Frame,
  missing: number,
  at: StoredAt,
): void {
  if (missing < 0) {
    throw new CorruptError(at, `revision ${frame.firstRevision} after revision ${last.revision}`);
  }
  if (missing > 0 && frame.base === undefined) {
    throw new CorruptError(at, `${missing} revisions are missing after revision ${last.revision}`);
  }
  if (missing === 0 && frame.previousChecksum !== last.checksum) {
    throw new CorruptError(at, "it was written on another commit than the one before it");
  }
}
