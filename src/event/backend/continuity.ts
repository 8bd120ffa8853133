import { CorruptError, type StoredAt } from "../errors.ts";
import type { Frame } from "../wire/frame.ts";

/**
 * Proves while reading that each aggregate's commits follow one another: revisions without a hole,
 * each commit repeating the checksum of the one before it. Remembers the last commit of the
 * {@link remembered} aggregates seen most recently; of others it can't tell what they lack.
 */
export class Continuity {
  readonly #last = new Map<string, LastSeen>();
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
   * @returns how many revisions are missing before it, counting from the last base; 0 when that
   *   can't be known
   * @throws {@link CorruptError} when it does not follow the one before, unless it is a base that
   *   stands for what is missing
   */
  follow(key: string, frame: Frame, at: StoredAt): number {
    const last = this.#last.get(key);
    const gap = this.#gapBefore(last?.revision, frame);
    if (last !== undefined) assertFollows(last, frame, gap, at);
    const missing = gap + (last?.missing ?? 0);
    this.#remember(key, frame, missing);
    return missing;
  }

  /** The aggregate had a commit that could not be read: what follows can't be checked against it. */
  forget(key: string): void {
    this.#last.delete(key);
    this.#complete = false;
  }

  #gapBefore(revision: number | undefined, frame: Frame): number {
    if (revision === undefined && !this.#complete) return 0;
    return frame.firstRevision - 1 - (revision ?? 0);
  }

  #remember(key: string, frame: Frame, missing: number): void {
    const revision = frame.firstRevision + frame.events.length - 1;
    const { checksum, base } = frame;
    this.#last.delete(key);
    this.#last.set(key, { revision, checksum, missing: base === undefined ? missing : 0 });
    if (this.#last.size <= this.#limit) return;
    this.#last.delete(this.#last.keys().next().value!);
    this.#complete = false;
  }
}

/** What is remembered of an aggregate: its last commit, and what is missing since its last base. */
interface LastSeen {
  readonly revision: number;
  readonly checksum: number;
  readonly missing: number;
}

/** How many aggregates one read checks at a time. */
const remembered = 100_000;

function assertFollows(last: LastSeen, frame: Frame, gap: number, at: StoredAt): void {
  if (gap < 0) {
    throw new CorruptError(at, `revision ${frame.firstRevision} after revision ${last.revision}`);
  }
  if (gap > 0 && frame.base === undefined) {
    throw new CorruptError(at, `${gap} revisions are missing after revision ${last.revision}`);
  }
  if (gap === 0 && frame.previousChecksum !== last.checksum) {
    throw new CorruptError(at, "it was written on another commit than the one before it");
  }
}
