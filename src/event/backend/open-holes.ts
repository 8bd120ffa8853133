import type { Cut } from "../commit.ts";
import type { AggregateRef, CorruptError, TruncatedError } from "../errors.ts";
import type { Sequence } from "../sequence.ts";
import type { Frame } from "../wire/frame.ts";

/**
 * Aggregates whose history was cut behind what a read had given, and whose base is still to come: a
 * truncation may leave some commits below the base.
 */
export class OpenHoles {
  readonly #open = new Map<string, OpenHole>();

  /** Take note of a commit with a hole before it, or of a base, which closes it. */
  note({ family, id }: AggregateRef, { hole }: Cut, { base }: Frame): void {
    const key = `${family}.${id}`;
    if (base !== undefined) this.#open.delete(key);
    else if (hole !== undefined) this.#open.set(key, { error: hole, bound: undefined });
  }

  /** All that there is was read. @throws the hole that is left */
  assertNone(): void {
    for (const { error } of this.#open.values()) throw error;
  }

  /**
   * Everything up to a position was read. Of each hole the base was there before the cut, so it lies
   * below what was the end when the hole was met.
   * @param end - the last sequence that is selected now
   * @returns undefined where there is no hole
   * @throws the hole that has no base
   */
  assertBased(position: Sequence, end: () => Promise<Sequence>): Promise<void> | undefined {
    return this.#open.size === 0 ? undefined : this.#assertBased(position, end);
  }

  async #assertBased(position: Sequence, end: () => Promise<Sequence>): Promise<void> {
    for (const hole of this.#open.values()) {
      hole.bound ??= await end();
      if (position >= hole.bound) throw hole.error;
    }
  }
}

interface OpenHole {
  readonly error: CorruptError | TruncatedError;
  /** The base lies at or below this sequence, if there is one. */
  bound: Sequence | undefined;
}
