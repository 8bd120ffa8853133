import { type Cut, uncut } from "../commit.ts";
import { CorruptError, TruncatedError } from "../errors.ts";
import type { Sequence } from "../sequence.ts";
import type { Frame } from "../wire/frame.ts";
import { locationOf, type StoredMessage } from "./stored-message.ts";

/** Where a read begins, and what its reader is owed. */
export interface ReadStart {
  /** Exclusive; 0 reads everything. */
  readonly after: Sequence;
  /**
   * What was stored after this sequence (exclusive) was promised to the reader: when it is cut before
   * it was read, that is a hole to a reader of events, and not only a history that begins later.
   * @default `after`; nothing is promised to who begins at 0
   */
  readonly promised?: Sequence;
}

/**
 * Proves while reading a family that each aggregate's commits follow one another: revisions without
 * a hole, each commit repeating the checksum of the one before it, and the first one that is met
 * naming none before it that should have been met. Remembers the last commit of at least the
 * {@link remembered} aggregates seen most recently, of twice as many at most. Of the others it knows
 * up to which sequence their commits were read, so a hole behind that is noticed, too.
 */
export class Continuity {
  #recent = new Map<string, LastSeen>();
  #older = new Map<string, LastSeen>();
  readonly #limit: number;
  readonly #promised: Sequence;
  /** Every aggregate of which a commit after this sequence was read is remembered. */
  #since: Sequence;
  /** The sequence that `#since` becomes when the older ones are forgotten. */
  #olderEnd: Sequence = 0;
  #position: Sequence = 0;
  /** Links of this stream were seen to lead elsewhere: who copied it moved its commits. */
  #moved = false;

  constructor({ after, promised }: ReadStart, limit: number = remembered) {
    this.#since = after;
    this.#promised = promised ?? (after === 0 ? Infinity : after);
    this.#limit = limit;
  }

  /**
   * Take note of the aggregate's next commit.
   * @param gone - whether nothing lies where its first back-link leads, if that was looked up
   * @param holdsHoles - nothing is noted when there is a hole
   * @returns what is missing before it; undefined, and nothing is noted, when that depends on what
   *   lies where its first back-link leads
   * @throws {@link CorruptError} when it does not follow the one before
   */
  follow(
    message: StoredMessage,
    frame: Frame,
    gone?: boolean,
    holdsHoles: boolean = false,
  ): Cut | undefined {
    this.#position = message.sequence;
    const last = this.#find(message.id);
    const cut =
      last?.revision === undefined
        ? this.#cutBehind(last?.sequence, message, frame, gone)
        : cutAfter(last, last.revision, message, frame);
    if (cut === undefined || (holdsHoles && cut.hole !== undefined)) return cut;
    const { checksum, base } = frame;
    const missing = base === undefined ? cut.missing : 0;
    this.#note(last, message, frame.firstRevision + frame.eventCount - 1, checksum, missing);
    return cut;
  }

  /** The aggregate had a commit that could not be read: what follows can't be checked against it. */
  forget(message: StoredMessage): void {
    this.#position = message.sequence;
    this.#note(this.#find(message.id), message, undefined, 0, 0);
  }

  /** A message was passed over that is no part of the aggregate: what follows it follows the last one. */
  pass(message: StoredMessage): void {
    if (this.#find(message.id)?.revision === undefined) this.forget(message);
  }

  /** The last sequence up to which the reader was given the aggregate's commits, or began after. */
  knownOf(id: string): Sequence {
    return this.#find(id)?.sequence ?? this.#since;
  }

  /** A link led to what it can't have been made for: no link of this stream proves anything. */
  distrustLinks(): void {
    this.#moved = true;
  }

  /**
   * Before a commit whose predecessor is not remembered. Where nothing was forgotten, its revision
   * tells whether something is missing; else its link, if that leads behind what is known.
   * @param seen - the aggregate's last commit, which could not be read
   */
  #cutBehind(
    seen: Sequence | undefined,
    message: StoredMessage,
    { firstRevision, links }: Frame,
    gone: boolean | undefined,
  ): Cut | undefined {
    const known = seen ?? this.#since;
    const link = this.#moved || links[0]! >= message.sequence ? 0 : (links[0] ?? 0);
    const missing = known > 0 && link <= known ? 0 : firstRevision - 1;
    if (missing === 0) return uncut;
    const promised = seen !== undefined || link > this.#promised;
    if (known === 0 && !promised) return { missing, hole: undefined };
    if (gone === undefined) return undefined;
    if (!gone) return known > 0 ? uncut : { missing, hole: undefined };
    if (!promised) return { missing, hole: undefined };
    const detail = `its commits up to sequence ${link} were cut before they were read`;
    return { missing, hole: new TruncatedError(message, message.sequence, detail) };
  }

  #find(id: string): LastSeen | undefined {
    const recent = this.#recent.get(id);
    if (recent !== undefined) return recent;
    const older = this.#older.get(id);
    if (older !== undefined) this.#remember(id, older);
    return older;
  }

  #note(
    last: LastSeen | undefined,
    { id, sequence }: StoredMessage,
    revision: number | undefined,
    checksum: number,
    missing: number,
  ): void {
    if (last === undefined) {
      return this.#remember(id, { sequence, revision, checksum, missing });
    }
    last.sequence = sequence;
    last.revision = revision;
    last.checksum = checksum;
    last.missing = missing;
  }

  /** Two generations: who was not seen during a whole one is forgotten. */
  #remember(id: string, last: LastSeen): void {
    this.#recent.set(id, last);
    if (this.#recent.size < this.#limit) return;
    if (this.#older.size > 0) this.#since = Math.max(this.#since, this.#olderEnd);
    this.#older = this.#recent;
    this.#olderEnd = this.#position;
    this.#recent = new Map();
  }
}

/** What is remembered of an aggregate: its last commit, and what is missing since its last base. */
interface LastSeen {
  sequence: Sequence;
  /** Undefined when the commit could not be read. */
  revision: number | undefined;
  checksum: number;
  missing: number;
}

/** How many aggregates of a family one read checks at a time, at least. */
const remembered = 100_000;

function cutAfter(last: LastSeen, revision: number, message: StoredMessage, frame: Frame): Cut {
  const { missing, checksum, sequence } = last;
  const { firstRevision, previousChecksum, base } = frame;
  const gap = firstRevision - 1 - revision;
  if (gap === 0 && previousChecksum === checksum) {
    return missing === 0 ? uncut : { missing, hole: undefined };
  }
  if (gap < 0) {
    const text = `revision ${firstRevision} after revision ${revision}`;
    throw new CorruptError(locationOf(message), text);
  }
  if (gap === 0) {
    // A base may stand on one without events that was cut: another base, which it replaces.
    if (base !== undefined && (frame.links[0] ?? 0) > sequence) return uncut;
    const text = "it was written on another commit than the one before it";
    throw new CorruptError(locationOf(message), text);
  }
  return { missing: missing + gap, hole: holeAfter(revision, gap, message, frame) };
}

/** A base shows that history was cut; without one, a message may as well have been lost. */
function holeAfter(
  revision: number,
  gap: number,
  message: StoredMessage,
  { base }: Frame,
): CorruptError | TruncatedError {
  if (base === undefined) {
    const text = `${gap} revisions are missing after revision ${revision}`;
    return new CorruptError(locationOf(message), text);
  }
  const detail = `what comes after revision ${revision} was cut before it was read`;
  return new TruncatedError(message, message.sequence, detail);
}
