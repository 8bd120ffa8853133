import { type CodecSet, Commit, type Cut } from "../commit.ts";
import { Continuity, type ReadStart } from "./continuity.ts";
import type { CorruptError } from "../errors.ts";
import { isJetfoldError, PoisonError, TruncatedError } from "../errors.ts";
import { type DomainEvent, type Family, versionOf } from "../family.ts";
import type { Frame } from "../wire/frame.ts";
import { OpenHoles } from "./open-holes.ts";
import { type PoisonPolicy, type PoisonVerdict, verdictOn } from "../poison-policy.ts";
import { partsFor, type SelectionPart, type Selector, selectsType } from "../selection.ts";
import { isLeftOutAt, leftOutBy } from "../left-out.ts";
import { isPredecessorGone, type LookUp } from "./predecessor.ts";
import { readFrame } from "./read-frame.ts";
import { Repairs } from "./repairs.ts";
import { locationOf, type StoredMessage } from "./stored-message.ts";

/** What is read, and how. */
export interface Reading extends ReadStart {
  readonly selector: Selector;
  readonly codecs: CodecSet;
  readonly poison: PoisonPolicy | undefined;
  readonly lookUp: LookUp;
}

/** A commit, unless nothing of a message is to be handed on. */
type Read<Event extends DomainEvent> = Commit<Event> | undefined;

/** Turns stored messages into the selected commits, one after the other, each proved. For backends. */
export class CommitReader<Event extends DomainEvent> {
  /** Where history was cut behind what was read, and no base has come yet. */
  readonly holes: OpenHoles = new OpenHoles();
  readonly #reading: Reading;
  readonly #continuities = new Map<string, Continuity>();
  readonly #repairs: Repairs;

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#repairs = new Repairs(reading.lookUp, reading.codecs);
  }

  /** Does the selection name this message's aggregate? */
  selects({ family, id }: StoredMessage): boolean {
    return partsFor(this.#reading.selector, family, id) !== undefined;
  }

  /**
   * Check that a message beyond the bound, the first one of a read, is no proof of a cut.
   * @throws {@link TruncatedError} when one aggregate is read, and what comes first was cut
   */
  async assertStart(message: StoredMessage): Promise<void> {
    if (this.#reading.selector.single === undefined || !this.selects(message)) return;
    const commit = await this.read(message);
    if (commit === undefined || commit.missing === 0) return;
    throw new TruncatedError(commit, commit.sequence, "its history up to the bound was cut");
  }

  /**
   * The commit in a message, or undefined when nothing of it is selected or the policy skips it.
   * What is not selected is dropped by its subject, unread. A promise only where something else must
   * be looked up first; then no other message may be read meanwhile.
   * @throws as `Replay.replay`
   */
  read(message: StoredMessage): Read<Event> | Promise<Read<Event>> {
    const parts = partsFor(this.#reading.selector, message.family, message.id);
    if (parts === undefined) return undefined;
    let frame: Frame | undefined;
    let cut: Cut | undefined;
    try {
      frame = readFrame(message);
      cut = this.#continuityOf(message).follow(message, frame, undefined, true);
    } catch (error) {
      if (!isUnusable(error)) throw error;
      return this.#unusable(message, parts, error, frame);
    }
    if (cut === undefined) return this.#lookBehind(message, frame, parts);
    if (cut.hole !== undefined) return this.#atHole(message, frame, parts, cut.hole);
    return this.#commit(message, frame, parts, cut);
  }

  async #lookBehind(
    message: StoredMessage,
    frame: Frame,
    parts: readonly SelectionPart[],
  ): Promise<Read<Event>> {
    const continuity = this.#continuityOf(message);
    const gone = await isPredecessorGone(message, frame, continuity, this.#reading.lookUp);
    return this.#commit(message, frame, parts, continuity.follow(message, frame, gone)!);
  }

  /**
   * A message that is no commit, or none that can follow the one before: a base behind it may leave it
   * out, else the policy decides.
   * @param frame - where the message by itself is sound
   */
  async #unusable(
    message: StoredMessage,
    parts: readonly SelectionPart[],
    error: PoisonError | CorruptError,
    frame: Frame | undefined,
  ): Promise<Read<Event>> {
    if (frame !== undefined && this.#leavesOut(message, frame, parts)) {
      return this.#follow(message, frame, parts);
    }
    const skips = this.#reading.poison === "skip" && this.#reading.selector.single === undefined;
    const leftOut = !skips && (await this.#repairs.after(message, parts[0]!.family)).leftOut;
    if (leftOut) this.#continuityOf(message).pass(message);
    else this.#skip(message, error);
    return undefined;
  }

  /** Revisions are missing: history was cut if a base stands for them, else it is as above. */
  async #atHole(
    message: StoredMessage,
    frame: Frame,
    parts: readonly SelectionPart[],
    hole: CorruptError | TruncatedError,
  ): Promise<Read<Event>> {
    this.#leavesOut(message, frame, parts);
    if (frame.base !== undefined || !isJetfoldError(hole, "corrupt")) {
      return this.#follow(message, frame, parts);
    }
    const { leftOut, based } = await this.#repairs.after(message, parts[0]!.family);
    const isCut = based >= frame.firstRevision + frame.eventCount - 1;
    if (leftOut) this.#continuityOf(message).pass(message);
    else if (!isCut && this.#verdict(hole) === "skip") this.#continuityOf(message).forget(message);
    else return this.#follow(message, frame, parts);
    return undefined;
  }

  #follow(message: StoredMessage, frame: Frame, parts: readonly SelectionPart[]): Read<Event> {
    return this.#commit(message, frame, parts, this.#continuityOf(message).follow(message, frame)!);
  }

  /**
   * Is this the base that leaves out what was read of the aggregate before it? A reader that began in
   * the middle could not know that to be none.
   */
  #leavesOut(message: StoredMessage, frame: Frame, parts: readonly SelectionPart[]): boolean {
    if (frame.base === undefined) return false;
    const base = new Commit<Event>(message, frame, parts[0]!.family, this.#reading.codecs);
    const continuity = this.#continuityOf(message);
    if (!isLeftOutAt(leftOutBy(base), continuity.knownOf(message.id))) return false;
    continuity.forget(message);
    return true;
  }

  /** @throws the error, unless the policy is to skip what it is about */
  #skip(message: StoredMessage, error: PoisonError | CorruptError): void {
    if (this.#verdict(error) !== "skip") throw error;
    this.#continuityOf(message).forget(message);
  }

  #commit(
    message: StoredMessage,
    frame: Frame,
    parts: readonly SelectionPart[],
    cut: Cut,
  ): Read<Event> {
    const { family } = parts[0]!;
    if (cut.hole !== undefined || frame.base !== undefined) this.holes.note(message, cut, frame);
    const hidden = this.#assertKnown(frame, family, parts, message);
    if (hidden === "all" && cut.hole === undefined) return undefined;
    const selects = selectionOf(parts, hidden);
    const commit = new Commit<Event>(message, frame, family, this.#reading.codecs, selects, cut);
    if (selects === undefined || hasAllTypes(parts)) return commit;
    const wanted = commit.envelopes.length > 0 || frame.base !== undefined || cut.missing > 0;
    return wanted ? commit : undefined;
  }

  #continuityOf({ family }: StoredMessage): Continuity {
    let continuity = this.#continuities.get(family);
    if (continuity === undefined) {
      this.#continuities.set(family, (continuity = new Continuity(this.#reading)));
    }
    return continuity;
  }

  /** Within one aggregate nothing is skipped: a fold with a hole would be a wrong state. */
  #verdict(error: PoisonError | CorruptError): PoisonVerdict {
    return this.#reading.selector.single === undefined
      ? verdictOn(this.#reading.poison, error)
      : "fail";
  }

  /** Which types of the frame's events the policy hides, or all events. */
  #assertKnown(
    frame: Frame,
    family: Family,
    parts: readonly SelectionPart[],
    message: StoredMessage,
  ): "all" | ReadonlySet<string> | undefined {
    if (!this.#reading.codecs.has(frame.codec)) {
      const at = locationOf(message);
      const error = new PoisonError(at, `codec "${frame.codec}" is not among this store's codecs`);
      if (this.#unknownVerdict(error) === "skip") return "all";
    }
    let hidden: Set<string> | undefined;
    for (const { type, version } of frame.events) {
      const today = versionOf(family, type);
      if (today !== undefined && version <= today) continue;
      if (!selectsType(parts, type)) continue;
      const at = locationOf(message);
      const error = new PoisonError(at, unknownType(type, version, today));
      if (this.#unknownVerdict(error) === "skip") (hidden ??= new Set()).add(type);
    }
    return hidden;
  }

  /** The frame is sound, so "raw" is possible here: the envelope is handed over, its event throws. */
  #unknownVerdict(error: PoisonError): "skip" | "raw" {
    const verdict = verdictOn(this.#reading.poison, error);
    if (verdict === "raw") return "raw";
    if (verdict === "skip" && this.#reading.selector.single === undefined) return "skip";
    throw error;
  }
}

function isUnusable(error: unknown): error is PoisonError | CorruptError {
  return isJetfoldError(error, "poison") || isJetfoldError(error, "corrupt");
}

function unknownType(type: string, version: number, today: number | undefined): string {
  return today === undefined
    ? `unknown event type "${type}"`
    : `"${type}" has schema version ${version}, known up to ${today}`;
}

function hasAllTypes(parts: readonly SelectionPart[]): boolean {
  for (const { types } of parts) if (types === undefined) return true;
  return false;
}

function selectionOf(
  parts: readonly SelectionPart[],
  hidden: ReadonlySet<string> | "all" | undefined,
): ((type: string) => boolean) | undefined {
  if (hidden === "all") return () => false;
  if (hidden !== undefined) return (type) => !hidden.has(type) && selectsType(parts, type);
  if (hasAllTypes(parts)) return undefined;
  return (type) => selectsType(parts, type);
}
