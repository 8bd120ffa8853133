import { Commit, type CodecSet } from "../commit.ts";
import { Continuity } from "./continuity.ts";
import { CorruptError, PoisonError, TruncatedError } from "../errors.ts";
import { type DomainEvent, type Family, versionOf } from "../family.ts";
import { decodeFrame } from "../wire/frame-format.ts";
import type { Frame } from "../wire/frame.ts";
import { type PoisonPolicy, type PoisonVerdict, verdictOn } from "../poison-policy.ts";
import { partsFor, type SelectionPart, type Selector, selectsType } from "../selection.ts";
import { locationOf, type StoredMessage } from "./stored-message.ts";

/** Turns stored messages into the selected commits, one after the other, each proved. For backends. */
export class CommitReader<Event extends DomainEvent> {
  readonly #selector: Selector;
  readonly #codecs: CodecSet;
  readonly #policy: PoisonPolicy | undefined;
  readonly #fromStart: boolean;
  readonly #continuities = new Map<string, Continuity>();

  /** @param fromStart - reading begins before everything: cut histories are noticed */
  constructor(
    selector: Selector,
    codecs: CodecSet,
    policy: PoisonPolicy | undefined,
    fromStart: boolean,
  ) {
    this.#selector = selector;
    this.#codecs = codecs;
    this.#policy = policy;
    this.#fromStart = fromStart;
  }

  /** Does the selection name this message's aggregate? */
  selects({ family, id }: StoredMessage): boolean {
    return partsFor(this.#selector, family, id) !== undefined;
  }

  /**
   * Check that a message beyond the bound, the first one of a read, is no proof of a cut.
   * @throws {@link TruncatedError} when one aggregate is read from its start, and it was cut
   */
  assertStart(message: StoredMessage): void {
    if (this.#selector.single === undefined || !this.selects(message)) return;
    const commit = this.read(message);
    if (commit === undefined || commit.missing === 0) return;
    throw new TruncatedError(commit, commit.sequence, "its history up to the bound was cut");
  }

  /**
   * The commit in a message, or undefined when nothing of it is selected or the policy skips it.
   * What is not selected is dropped by its subject, unread.
   * @throws as `Replay.replay`
   */
  read(message: StoredMessage): Commit<Event> | undefined {
    const parts = partsFor(this.#selector, message.family, message.id);
    if (parts === undefined) return undefined;
    const frame = this.#frame(message);
    if (frame === undefined) return undefined;
    const { family } = parts[0]!;
    const missing = this.#continuityOf(message).follow(message, frame);
    const hidden = this.#assertKnown(frame, family, parts, message);
    if (hidden === "all") return undefined;
    const selects = selectionOf(parts, hidden);
    const commit = new Commit<Event>(message, frame, family, this.#codecs, selects, missing);
    if (selects === undefined || hasAllTypes(parts)) return commit;
    const wanted = commit.envelopes.length > 0 || frame.base !== undefined || missing > 0;
    return wanted ? commit : undefined;
  }

  #continuityOf({ family }: StoredMessage): Continuity {
    let continuity = this.#continuities.get(family);
    if (continuity === undefined) {
      this.#continuities.set(family, (continuity = new Continuity(this.#fromStart)));
    }
    return continuity;
  }

  #frame(message: StoredMessage): Frame | undefined {
    try {
      return readFrame(message);
    } catch (error) {
      if (!(error instanceof PoisonError || error instanceof CorruptError)) throw error;
      if (this.#verdict(error) !== "skip") throw error;
      this.#continuityOf(message).forget(message);
      return undefined;
    }
  }

  /** Within one aggregate nothing is skipped: a fold with a hole would be a wrong state. */
  #verdict(error: PoisonError | CorruptError): PoisonVerdict {
    return this.#selector.single === undefined ? verdictOn(this.#policy, error) : "fail";
  }

  /** Which types of the frame's events the policy hides, or all events. */
  #assertKnown(
    frame: Frame,
    family: Family,
    parts: readonly SelectionPart[],
    message: StoredMessage,
  ): "all" | ReadonlySet<string> | undefined {
    if (!this.#codecs.has(frame.codec)) {
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
    const verdict = verdictOn(this.#policy, error);
    if (verdict === "raw") return "raw";
    if (verdict === "skip" && this.#selector.single === undefined) return "skip";
    throw error;
  }
}

/**
 * Take a message apart and check that it is what its subject says.
 * @throws {@link PoisonError} or {@link CorruptError}
 */
export function readFrame(message: StoredMessage): Frame {
  const frame = decodeFrame(message.payload, locationOf(message));
  if (frame.isOf(message.family, message.id)) return frame;
  throw new CorruptError(
    locationOf(message),
    `it says that it belongs to ${frame.family}.${frame.id}`,
  );
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
  hidden: ReadonlySet<string> | undefined,
): ((type: string) => boolean) | undefined {
  if (hidden !== undefined) return (type) => !hidden.has(type) && selectsType(parts, type);
  if (hasAllTypes(parts)) return undefined;
  return (type) => selectsType(parts, type);
}
