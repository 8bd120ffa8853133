import { CorruptError } from "../errors.ts";
import type { Frame } from "../wire/frame.ts";
import { locationOf, type StoredMessage } from "./stored-message.ts";

/**
 * Proves while reading a family that each aggregate's commits follow one another: revisions without
 * a hole, each commit repeating the checksum of the one before it. Remembers the last commit of at
 * least the {@link remembered} aggregates seen most recently, of twice as many at most; of others
 * it can't tell what they lack.
 */
export class Continuity {
  #recent = new Map<string, LastSeen>();
  #older = new Map<string, LastSeen>();
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
  follow(message: StoredMessage, frame: Frame): number {
    const { id } = message;
    const last = this.#find(id);
    const gap = this.#gapBefore(last?.revision, frame);
    if (last !== undefined) assertFollows(last, frame, gap, message);
    const missing = gap + (last?.missing ?? 0);
    const revision = frame.firstRevision + frame.eventCount - 1;
    const { checksum, base } = frame;
    const left = base === undefined ? missing : 0;
    if (last === undefined) this.#remember(id, { revision, checksum, missing: left });
    else {
      last.revision = revision;
      last.checksum = checksum;
      last.missing = left;
    }
    return missing;
  }

  /** The aggregate had a commit that could not be read: what follows can't be checked against it. */
  forget(message: StoredMessage): void {
    this.#recent.delete(message.id);
    this.#older.delete(message.id);
    this.#complete = false;
  }

  #gapBefore(revision: number | undefined, frame: Frame): number {
    if (revision === undefined && !this.#complete) return 0;
    return frame.firstRevision - 1 - (revision ?? 0);
  }

  #find(id: string): LastSeen | undefined {
    const recent = this.#recent.get(id);
    if (recent !== undefined) return recent;
    const older = this.#older.get(id);
    if (older !== undefined) this.#remember(id, older);
    return older;
  }

  /** Two generations: who was not seen during a whole one is forgotten. */
  #remember(id: string, last: LastSeen): void {
    this.#recent.set(id, last);
    if (this.#recent.size < this.#limit) return;
    if (this.#older.size > 0) this.#complete = false;
    this.#older = this.#recent;
    this.#recent = new Map();
  }
}

/** What is remembered of an aggregate: its last commit, and what is missing since its last base. */
interface LastSeen {
  revision: number;
  checksum: number;
  missing: number;
}

/** How many aggregates of a family one read checks at a time, at least. */
const remembered = 100_000;

function assertFollows(last: LastSeen, frame: Frame, gap: number, message: StoredMessage): void {
  if (gap < 0) {
    const text = `revision ${frame.firstRevision} after revision ${last.revision}`;
    throw new CorruptError(locationOf(message), text);
  }
  if (gap > 0 && frame.base === undefined) {
    const text = `${gap} revisions are missing after revision ${last.revision}`;
    throw new CorruptError(locationOf(message), text);
  }
  if (gap === 0 && frame.previousChecksum !== last.checksum) {
    const text = "it was written on another commit than the one before it";
    throw new CorruptError(locationOf(message), text);
  }
}
