import type { Codec } from "./codec/codec.ts";
import type { Envelope } from "./envelope.ts";
import {
  type CorruptError,
  PoisonError,
  type CommitLocation,
  type TruncatedError,
} from "./errors.ts";
import type { DomainEvent, Family } from "./family.ts";
import type { EncodedBase, Frame } from "./wire/frame.ts";
import { type Head, linksTo } from "./head.ts";
import { parseJson } from "./codec/json-codec.ts";
import { type Metadata, metadataFromStored, noMetadata } from "./metadata.ts";
import { msgpackCodec } from "./codec/msgpack-codec.ts";
import type { Revision, Sequence } from "./sequence.ts";
import { StoredEnvelope } from "./stored-envelope.ts";

/**
 * The events that one decision produced for one aggregate, stored all or none: the unit of
 * delivery. Nothing in it is decoded before it is asked for.
 */
export class Commit<Event extends DomainEvent = DomainEvent> {
  /** Tells it from a mark in a subscription's deliveries. */
  readonly kind = "commit";
  readonly sequence: Sequence;
  /**
   * When it was stored, by the server's clock: milliseconds since 1970. NaN only where a history was
   * read without times.
   */
  readonly timeMs: number;
  /** The selected events, oldest first; empty for a base and for a commit without events. */
  readonly envelopes: readonly Envelope<Event>[];
  /** As stored; for code that moves or checks commits. */
  readonly frame: Frame;
  /** The family as its reader knows it. */
  readonly definition: Family;
  /**
   * How many of the aggregate's revisions before this commit its reader was not given although it
   * should have been: more than 0 means that history was cut there. A base stands for all of
   * them; commits before the base are of no use without it. An upper bound where reading began in
   * the middle, behind some of them.
   */
  readonly missing: number;
  /**
   * Why a reader of events can't go on here: of what is `missing`, something comes after what the
   * reader was given before, or began after. Undefined where nothing is missing, and where a history
   * that was cut earlier merely begins here.
   */
  readonly hole: CorruptError | TruncatedError | undefined;
  readonly #codecs: CodecSet;
  readonly #selects: Selects | undefined;
  #metadata: Metadata | undefined;

  constructor(
    stored: { readonly sequence: Sequence; readonly timeMs: number },
    frame: Frame,
    definition: Family,
    codecs: CodecSet,
    selects?: Selects,
    { missing, hole }: Cut = uncut,
  ) {
    this.sequence = stored.sequence;
    this.timeMs = stored.timeMs;
    this.#selects = selects;
    this.frame = frame;
    this.definition = definition;
    this.#codecs = codecs;
    this.missing = missing;
    this.hole = hole;
    this.envelopes = this.#open();
  }

  get family(): string {
    return this.frame.family;
  }

  get id(): string {
    return this.frame.id;
  }

  get commitId(): string {
    return this.frame.commitId;
  }

  /** The revision of its first event; of the event that comes next when it has none. */
  get firstRevision(): Revision {
    return this.frame.firstRevision;
  }

  /** The revision of its last event; of the last event before it when it has none. */
  get lastRevision(): Revision {
    return this.frame.firstRevision + this.frame.eventCount - 1;
  }

  /**
   * The last sequence of its transaction (its own when it was stored alone). The parts of a
   * transaction stand side by side, so a reader has seen all of them at this sequence.
   */
  get transactionEnd(): Sequence {
    return this.sequence + this.frame.parts - this.frame.part;
  }

  /** The aggregate's state in place of all events up to `lastRevision`, when this is a base. */
  get base(): EncodedBase | undefined {
    return this.frame.base;
  }

  /** What was told beside the events, decoded when asked for. @throws {@link PoisonError} when it can't be */
  get metadata(): Metadata {
    return (this.#metadata ??= this.#readMetadata());
  }

  /** What a writer needs to append the next commit. */
  get head(): Head {
    const { checksum } = this.frame;
    const links = linksTo(this.sequence, this.frame.links);
    return { sequence: this.sequence, revision: this.lastRevision, checksum, links };
  }

  /** Where it lies, for an error. */
  get at(): CommitLocation {
    return { kind: "commit", family: this.family, id: this.id, sequence: this.sequence };
  }

  /** The codec its bodies were stored with. @throws {@link PoisonError} when the reader lacks it */
  get codec(): Codec {
    const codec = this.#codecs.get(this.frame.codec);
    if (codec !== undefined) return codec;
    throw new PoisonError(this.at, `codec "${this.frame.codec}" is not among this store's codecs`);
  }

  /**
   * The commit as it is stored, for another attempt: what an earlier one was given, it may have
   * changed. The same object while nothing was given.
   */
  asStored(): Commit<Event> {
    const given = this.envelopes.some((one) => (one as unknown as StoredEnvelope).isTouched);
    if (!given && this.#metadata === undefined) return this;
    return new Commit(this, this.frame, this.definition, this.#codecs, this.#selects, this);
  }

  #open(): Envelope<Event>[] {
    const { events } = this.frame;
    const selects = this.#selects;
    const envelopes: unknown[] = [];
    for (let index = 0; index < events.length; index++) {
      if (selects !== undefined && !selects(events[index]!.type)) continue;
      envelopes.push(new StoredEnvelope(this, index));
    }
    return envelopes as Envelope<Event>[];
  }

  #readMetadata(): Metadata {
    const { metadata, codec } = this.frame;
    if (metadata === undefined) return noMetadata;
    try {
      const json = codec === "json";
      return metadataFromStored(json ? parseJson(metadata) : msgpackCodec.decode(metadata, ""));
    } catch (cause) {
      throw new PoisonError(this.at, "metadata that can't be decoded", { cause });
    }
  }
}

/** What its reader lacks before a commit: see {@link Commit.missing} and {@link Commit.hole}. */
export type Cut = Pick<Commit, "missing" | "hole">;

/** Nothing is missing. */
export const uncut: Cut = Object.freeze({ missing: 0, hole: undefined });

/** Which types of events are selected. */
type Selects = (type: string) => boolean;

/** The codecs a store reads with, by name. */
export type CodecSet = ReadonlyMap<string, Codec>;
