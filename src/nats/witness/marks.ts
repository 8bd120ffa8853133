import type { Sequence } from "../../event/index.ts";
import { stampOf } from "../../event/backend/index.ts";

/** A message that was seen, as a proof: what lies at its sequence has this stamp, or was deleted. */
export interface Mark {
  readonly sequence: Sequence;
  readonly payload: Uint8Array;
}

/** See {@link Marks.expected}. */
export interface Expected {
  readonly newest: Mark | undefined;
  readonly first: Mark | undefined;
  readonly proved: readonly Mark[];
}

/** How far a stream goes, as one look shows it. */
export interface Extent {
  /** The sequence of the oldest message; one more than `last` when there is none. */
  readonly first: Sequence;
  /** The sequence of the last message that was ever stored; 0 for none. */
  readonly last: Sequence;
  /** How many aggregates have a message. It never falls as long as nobody purges but a store. */
  readonly aggregates: number;
}

/** So many proved marks are kept, since the newest of them may be deleted. */
const mostProved = 3;

/**
 * What a store has seen of its stream, in whatever way: the highest sequence, the newest messages
 * with their content, and what was acknowledged since the stream was last proved.
 */
export class Marks {
  #highest: Sequence;
  #newest: Mark | undefined;
  /** The oldest one since the stream was last proved. */
  #first: Mark | undefined;
  #proved: readonly Mark[] = [];
  #ackedFrom: Sequence = 0;
  #ackedTo: Sequence = 0;
  #acks = 0;
  #extent: Extent;

  /** @param extent - the stream's as it is opened */
  constructor(extent: Extent) {
    this.#highest = extent.last;
    this.#extent = extent;
  }

  /** The stream's when it was last proved. */
  get extent(): Extent {
    return this.#extent;
  }

  /** The highest sequence that was seen, whether or not it is known what lies there. */
  get highest(): Sequence {
    return this.#highest;
  }

  /** The highest sequence of which it is known what lies there; 0 for none. */
  get known(): Sequence {
    return this.#newest?.sequence ?? 0;
  }

  /**
   * What a look has to find again: the newest mark, the oldest one that no look has found yet, and
   * those that the last look has found, newest first. The newest alone would not do: it may be of
   * the stream that came in place of the one before.
   */
  get expected(): Expected {
    return { newest: this.#newest, first: this.#first, proved: this.#proved };
  }

  /** How many acknowledgements there were. */
  get acks(): number {
    return this.#acks;
  }

  /** The stream goes at least so far. */
  reaches(sequence: Sequence): void {
    if (sequence > this.#highest) this.#highest = sequence;
  }

  /** This message lies there. */
  saw(sequence: Sequence, payload: Uint8Array): void {
    this.reaches(sequence);
    if (sequence <= this.known) return;
    this.#newest = { sequence, payload };
    this.#first ??= this.#newest;
  }

  /** This message was stored there, by this store. */
  acknowledged(sequence: Sequence, payload: Uint8Array): void {
    this.saw(sequence, payload);
    this.#acks++;
    if (this.#ackedFrom === 0 || sequence < this.#ackedFrom) this.#ackedFrom = sequence;
    if (sequence > this.#ackedTo) this.#ackedTo = sequence;
  }

  /**
   * The stream is proved: it holds what was expected.
   * @param extent - how far it goes
   * @param found - what was expected when it was looked at
   * @param acks - how many acknowledgements there had been by then
   */
  proved(extent: Extent, { newest, proved }: Expected, acks: number): void {
    this.#extent = extent;
    this.#first = this.#newest === newest ? undefined : this.#newest;
    if (newest !== undefined && newest !== proved[0]) {
      this.#proved = [newest, ...proved].slice(0, mostProved);
    }
    if (acks === this.#acks) this.#ackedFrom = this.#ackedTo = 0;
  }

  /** What was acknowledged since the stream was last proved, in words; undefined for nothing. */
  unproved(): string | undefined {
    if (this.#ackedFrom === 0) return undefined;
    const one = this.#ackedFrom === this.#ackedTo;
    return one ? `sequence ${this.#ackedTo}` : `sequences ${this.#ackedFrom} to ${this.#ackedTo}`;
  }
}

/** Is this what was seen there? */
export function isSame(mark: Mark, payload: Uint8Array): boolean {
  return stampOf(mark.payload) === stampOf(payload);
}
