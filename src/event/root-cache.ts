import { InvalidInputError } from "./errors.ts";
import type { Head } from "./head.ts";
import { Turns } from "./turns.ts";

/** A root kept in memory. */
export interface CachedRoot {
  /** What it was folded by: another definition of the same family has other states. */
  readonly owner: object;
  readonly root: { readonly head: Head };
  /** When it was known to be the aggregate's newest, by `performance.now()`. */
  readonly asOfMs: number;
}

/** How many roots a store keeps unless told otherwise. */
export const defaultCachedRoots = 10_000;

/** The roots of a store that were used last, in memory. What falls out is read again when needed. */
export class RootCache {
  readonly #limit: number;
  /** In the order of use. */
  readonly #entries = new Map<string, CachedRoot>();
  #newest: string | undefined;
  /** What the snapshots are kept under of each definition that roots were read with. */
  readonly owners: WeakMap<object, string> = new WeakMap();
  /** Those without a name, by what they could be taken for; see `ownerIn`. */
  readonly nameless: Map<string, object | "several"> = new Map();

  /** Whose turn it is to decide on an aggregate: of many commands at once, all but one would conflict. */
  readonly turns: Turns = new Turns();

  /** @throws {@link InvalidInputError} unless the limit is a whole number of 0 (keep none) or more */
  constructor(limit: number = defaultCachedRoots) {
    if (!Number.isSafeInteger(limit) || limit < 0) {
      throw new InvalidInputError("cachedRoots", "must be a whole number of 0 or more", limit);
    }
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): CachedRoot | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined && key !== this.#newest) this.#use(key, entry);
    return entry;
  }

  set(key: string, entry: CachedRoot): void {
    if (this.#limit === 0) return;
    if (key === this.#newest && this.#entries.has(key)) this.#entries.set(key, entry);
    else this.#use(key, entry);
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** Put it at the end of the order. */
  #use(key: string, entry: CachedRoot): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#newest = key;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
