import { type CodecSet, Commit, type Cut } from "../commit.ts";
import { Continuity, type ReadStart } from "./continuity.ts";
import type { CorruptError } from "../errors.ts";
import { isJetfoldError, PoisonError, TruncatedError } from "../errors.ts";
import { type DomainEvent, type Family, versionOf } from "../family.ts";
import type { Frame } from "../wire/frame.ts";
import { OpenHoles } from "./open-holes.ts";
import { type PoisonPolicy, type PoisonVerdict, verdictOn } from "../poison-policy.ts";
import { partsFor, type SelectionPart, type Selector, selectsType } from "../selection.ts";
import { isPredecessorGone, type LookUp } from "./predecessor.ts";
import { readFrame } from "./read-frame.ts";
import { locationOf, type StoredMessage } from "./stored-message.ts";

/** What is read, and how. */
export interface Reading extends ReadStart {
  readonly selector: Selector;
  readonly codecs: CodecSet;
  readonly poison: PoisonPolicy | undefined;
  readonly lookUp: LookUp;
}

/** Turns stored messages into the selected commits, one after the other, each proved. For backends. */
export class CommitReader<Event extends DomainEvent> {
  /** Where history was cut behind what was read, and no base has come yet. */
  readonly holes: OpenHoles = new OpenHoles();
  readonly #reading: Reading;
  readonly #continuities = new Map<string, Continuity>();

  constructor(reading: Reading) {
    this.#reading = reading;
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
  read(message: StoredMessage): Commit<Event> | undefined | Promise<Commit<Event> | undefined> {
    const parts = partsFor(this.#reading.selector, message.family, message.id);
    if (parts === undefined) return undefined;
    const frame = this.#frame(message);
    if (frame === undefined) return undefined;
    const continuity = this.#continuityOf(message);
    const cut = continuity.follow(message, frame);
    if (cut !== undefined) return this.#commit(message, frame, parts, cut);
    const looking = isPredecessorGone(message, frame, continuity, this.#reading.lookUp);
    return looking.then((gone) =>
      this.#commit(message, frame, parts, continuity.follow(message, frame, gone)!),
    );
  }

  #commit(
    message: StoredMessage,
    frame: Frame,
    parts: readonly SelectionPart[],
    cut: Cut,
  ): Commit<Event> | undefined {
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

  #frame(message: StoredMessage): Frame | undefined {
    try {
      return readFrame(message);
    } catch (error) {
      if (!(isJetfoldError(error, "poison") || isJetfoldError(error, "corrupt"))) throw error;
      if (this.#verdict(error) !== "skip") throw error;
      this.#continuityOf(message).forget(message);
      return undefined;
    }
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
