import type { Head } from "../head.ts";

/** Where bytes lie among those of others: to be looked at, never to be handed out. */
export interface Span {
  readonly bytes: Buffer;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** An event as a frame holds it: its body encoded, its type and schema version in the clear. */
export interface EncodedEvent {
  readonly type: string;
  readonly version: number;
  /** Of one who asks for it: nobody else looks into its buffer. */
  readonly body: Uint8Array;
  /** The body where it was received; undefined where it lies nowhere. */
  readonly received?: Span;
  /** The body decoded, a new value each time, where the frame's format could not be read without decoding it (JSON). */
  readonly value?: unknown;
}

/** An aggregate's state as a base holds it. */
export interface EncodedBase {
  readonly reducerVersion: number;
  readonly state: Uint8Array;
  /** The state decoded, as with {@link EncodedEvent.value}. */
  readonly value?: unknown;
}

/** What a commit says, wherever it comes to stand: the same for every attempt to store it. */
export interface Content {
  readonly commitId: string;
  /** The codec of bodies and state. */
  readonly codec: string;
  readonly events: readonly EncodedEvent[];
  /** Metadata as MessagePack, or as JSON where the codec is JSON. */
  readonly metadata?: Uint8Array | undefined;
  readonly base?: EncodedBase | undefined;
}

/**
 * How many commits a transaction has at most: as many messages as an atomic batch (nats-server 2.15,
 * default limit). Readers wait for the last one, so what claims more is believed by nobody.
 */
export const maxParts = 1000;

/** Where a commit stands in its aggregate and its transaction. */
export interface Place {
  readonly family: string;
  readonly id: string;
  /** The head it is appended to. */
  readonly head: Head;
  /** Part `part` (1 to `parts`) of a transaction of `parts` commits; 1 of 1 when it is alone. */
  readonly part: number;
  readonly parts: number;
}

/**
 * A commit as it is stored, taken apart but with nothing decoded. Its bytes lie in a buffer with those
 * of others, whom it would take along if it were moved or changed: what it gives are copies.
 */
export interface Frame {
  readonly family: string;
  readonly id: string;
  /** The revision of its first event, or of the next one when it has no events. */
  readonly firstRevision: number;
  /** The checksum of the aggregate's commit before it; 0 when there was none. */
  readonly previousChecksum: number;
  /** The sequences of the aggregate's commits before it, newest first. */
  readonly links: readonly number[];
  readonly part: number;
  readonly parts: number;
  readonly commitId: string;
  readonly codec: string;
  readonly events: readonly EncodedEvent[];
  /** How many events it has; `events` need not be taken apart to know. */
  readonly eventCount: number;
  readonly metadata: Uint8Array | undefined;
  readonly base: EncodedBase | undefined;
  readonly checksum: number;
  /** Is it a commit of this aggregate? */
  isOf(family: string, id: string): boolean;
  /** The bytes that tell two commits of one id apart: all but its place. */
  content(): Uint8Array;
}

/** A frame's bytes, new and the caller's own, and the checksum they end with. */
export interface EncodedFrame {
  readonly bytes: Uint8Array;
  readonly checksum: number;
}
