import type { Commit } from "./commit.ts";
import type { DomainEvent } from "./family.ts";
import type { Metadata } from "./metadata.ts";
import type { Revision, Sequence } from "./sequence.ts";

/**
 * An event with all that is known about it. Its body is decoded when `event` is first asked for,
 * and never when it is not.
 *
 * `type` tells the members of the union apart: after `if (e.type === "TabOpened")`, `e.event` is a
 * TabOpened.
 */
export type Envelope<Event extends DomainEvent = DomainEvent> = Event extends DomainEvent
  ? EnvelopeOf<Event>
  : never;

/** The envelope of one event type; see {@link Envelope}. */
export interface EnvelopeOf<Event extends DomainEvent> {
  readonly family: string;
  /** The aggregate's id. */
  readonly id: string;
  readonly type: Event["type"];
  /** The schema version it was stored with; `event` is of today's. */
  readonly version: number;
  /** The sequence of its commit. */
  readonly sequence: Sequence;
  /** Its place in its commit, from 0. */
  readonly index: number;
  /** Its place in its aggregate, from 1, without holes. */
  readonly revision: Revision;
  /** When it was stored, by the server's clock: milliseconds since 1970. */
  readonly timeMs: number;
  readonly commitId: string;
  readonly metadata: Metadata;
  /** The commit it is part of. */
  readonly commit: Commit<Event>;
  /**
   * The stored body, the same bytes each time: a copy of the envelope's own. Bytes in `event` are views
   * into it.
   */
  readonly body: Uint8Array;
  /**
   * The event, decoded and brought to today's schema version; the same object each time.
   * @throws {@link PoisonError} when its type or version is unknown, or it can't be decoded
   */
  readonly event: Event;
}
