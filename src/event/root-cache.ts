import { InvalidInputError } from "./errors.ts";
import type { Head } from "./head.ts";

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
  readonly #entries = new Map<string, CachedRoot>();

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
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  set(key: string, entry: CachedRoot): void {
    this.#entries.delete(key);
    if (this.#limit === 0) return;
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value!);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
