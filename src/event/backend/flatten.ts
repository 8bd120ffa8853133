/**
 * The items of batches that come one after another, as an iterator of its own rather than a
 * generator: within a batch each item costs one promise and nothing else.
 *
 * @param signal - aborted, the rest of a batch is dropped; the source tells how that ends
 */
export function flatten<Batch, Item>(
  batches: AsyncGenerator<Batch, void, undefined>,
  itemsOf: (batch: Batch) => readonly Item[],
  signal?: AbortSignal,
): AsyncIterableIterator<Item> {
  return new Flattened(batches, itemsOf, signal);
}

class Flattened<Batch, Item> implements AsyncIterableIterator<Item> {
  readonly #batches: AsyncGenerator<Batch, void, undefined>;
  readonly #itemsOf: (batch: Batch) => readonly Item[];
  readonly #signal: AbortSignal | undefined;
  #items: readonly Item[] = [];
  #next = 0;
  #advancing: Promise<boolean> | undefined;

  constructor(
    batches: AsyncGenerator<Batch, void, undefined>,
    itemsOf: (batch: Batch) => readonly Item[],
    signal: AbortSignal | undefined,
  ) {
    this.#batches = batches;
    this.#itemsOf = itemsOf;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#next < this.#items.length && this.#signal?.aborted !== true) {
      return Promise.resolve({ done: false, value: this.#items[this.#next++]! });
    }
    return this.#afterAdvance();
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#items = [];
    await this.#batches.return();
    return { done: true, value: undefined };
  }

  async #afterAdvance(): Promise<IteratorResult<Item, undefined>> {
    const more = await (this.#advancing ??= this.#advance());
    return more ? this.next() : { done: true, value: undefined };
  }

  async #advance(): Promise<boolean> {
    try {
      this.#items = [];
      this.#next = 0;
      while (this.#items.length === 0) {
        const { done, value } = await this.#batches.next();
        if (done) return false;
        this.#items = this.#itemsOf(value);
      }
      return true;
    } finally {
      this.#advancing = undefined;
    }
  }
}
