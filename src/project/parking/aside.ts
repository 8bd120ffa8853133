import { type AggregateRef, OverflowError, type Sequence } from "../../event/index.ts";
import { keyOf } from "../aggregate-key.ts";
import type { Step } from "../checkpoints/checkpoint.ts";
import type { ParkedCommit } from "./parked.ts";

/** So many aggregates are parked at most: more is no longer a few bad events. */
const maxParked = 1_000;

/** What a projection has set aside: an entry for each aggregate, at the first commit that waits. */
export class Aside {
  readonly #parked: Map<string, ParkedCommit>;

  constructor(parked: readonly ParkedCommit[]) {
    this.#parked = new Map(parked.map((one) => [keyOf(one), one]));
  }

  get size(): number {
    return this.#parked.size;
  }

  /** How many entries there are once a step is done. */
  sizeAfter({ park = [], release = [] }: Pick<Step, "park" | "release">): number {
    const keys = new Set(this.#parked.keys());
    for (const one of park) keys.add(keyOf(one));
    for (const one of release) keys.delete(keyOf(one));
    return keys.size;
  }

  get(aggregate: AggregateRef): ParkedCommit | undefined {
    return this.#parked.get(keyOf(aggregate));
  }

  /** Oldest first; copies, whatever is done to them. */
  list(): readonly ParkedCommit[] {
    const parked = [...this.#parked.values()].map((one) => ({ ...one }));
    return parked.sort((a, b) => a.sequence - b.sequence);
  }

  /** Does a commit of this aggregate at this sequence wait? */
  holds(aggregate: AggregateRef, sequence: Sequence): boolean {
    if (this.#parked.size === 0) return false;
    const parked = this.get(aggregate);
    return parked !== undefined && sequence >= parked.sequence;
  }

  /** Do the side effects of a commit of this aggregate at this sequence wait for its entry? */
  holdsEffects(aggregate: AggregateRef, sequence: Sequence): boolean {
    const parked = this.get(aggregate);
    return parked !== undefined && sequence >= (parked.effects ?? parked).sequence;
  }

  put(parked: ParkedCommit): void {
    this.#parked.set(keyOf(parked), { ...parked });
  }

  release(aggregate: AggregateRef): void {
    this.#parked.delete(keyOf(aggregate));
  }

  /** @throws {@link OverflowError} when one more aggregate would be too many */
  assertRoomFor(aggregate: AggregateRef, cause: unknown): void {
    if (this.#parked.size < maxParked || this.get(aggregate) !== undefined) return;
    const full = `${maxParked} aggregates are parked, as many as may be, and another failed`;
    throw new OverflowError(full, maxParked, { cause });
  }
}
