import type { JoinedSignal } from "./abort.ts";

/** What a flattened read may be told. */
export interface FlattenOptions {
  /** Aborted, the rest of a batch is dropped; the source tells how that ends. */
  readonly signal?: AbortSignal | undefined;
  /** The same, joined to others for as long as the source is read. */
  readonly joined?: JoinedSignal | undefined;
  /** Called when the reader leaves: makes a source end that would wait for long. */
  readonly leave?: () => void;
}

/**
 * The items of batches that come one after another, as an iterator of its own rather than a
 * generator: within a batch each item costs one promise and nothing else, and it is left at once
 * also while an item is waited for, where a generator would wait for that first.
 */
export function flatten<Batch, Item>(
  batches: AsyncGenerator<Batch, void, undefined>,
  itemsOf: ItemsOf<Batch, Item>,
  options: FlattenOptions = {},
): AsyncIterableIterator<Item> {
  return new Flattened(batches, itemsOf, options);
}

/** For {@link flatten}: batches that are what is to be given, one by one. */
export function alone<Item>(item: Item): readonly Item[] {
  return [item];
}

/** For {@link flatten}: batches that are lists already. */
export function same<Item>(items: readonly Item[]): readonly Item[] {
  return items;
}

/**
 * The items of a batch.
 * @param fail - is told what is thrown once that was given; nothing is read after it
 */
export type ItemsOf<Batch, Item> = (batch: Batch, fail: (error: Error) => void) => readonly Item[];

const end = { done: true, value: undefined } as const;

class Flattened<Batch, Item> implements AsyncIterableIterator<Item> {
  readonly #batches: AsyncGenerator<Batch, void, undefined>;
  readonly #itemsOf: ItemsOf<Batch, Item>;
  readonly #options: FlattenOptions;
  readonly #signal: AbortSignal | undefined;
  #begun = false;
  #items: readonly Item[] = [];
  #next = 0;
  #advancing: Promise<boolean> | undefined;
  #stopAdvancing: (() => void) | undefined;
  #left = false;
  #failure: Error | undefined;
  readonly #fail = (error: Error): void => void (this.#failure = error);

  constructor(
    batches: AsyncGenerator<Batch, void, undefined>,
    itemsOf: ItemsOf<Batch, Item>,
    options: FlattenOptions,
  ) {
    this.#batches = batches;
    this.#itemsOf = itemsOf;
    this.#options = options;
    this.#signal = options.joined?.signal ?? options.signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#next < this.#items.length && this.#signal?.aborted !== true) {
      return Promise.resolve({ done: false, value: this.#items[this.#next++]! });
    }
    return this.#left ? Promise.resolve(end) : this.#afterAdvance();
  }

  /** Who waits for an item is told that there is none; the source ends by itself then. */
  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#items = [];
    this.#left = true;
    this.#options.leave?.();
    const closed = this.#batches.return().finally(() => this.#options.joined?.end());
    if (this.#stopAdvancing === undefined) await closed;
    else {
      closed.catch(() => undefined);
      this.#stopAdvancing();
    }
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #afterAdvance(): Promise<IteratorResult<Item, undefined>> {
    const more = await (this.#advancing ??= this.#advance());
    return more ? this.next() : end;
  }

  #advance(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#stopAdvancing = () => resolve(false);
      this.#fill().then(resolve, reject);
    });
  }

  async #fill(): Promise<boolean> {
    try {
      this.#items = [];
      this.#next = 0;
      if (!this.#begun) this.#options.joined?.begin();
      this.#begun = true;
      while (this.#failure === undefined) {
        const { done, value } = await this.#batches.next();
        if (done) this.#options.joined?.end();
        if (done || this.#left) return false;
        this.#items = this.#itemsOf(value, this.#fail);
        if (this.#items.length > 0) return true;
      }
      throw await this.#takeFailure();
    } catch (error) {
      this.#options.joined?.end();
      throw error;
    } finally {
      this.#advancing = undefined;
      this.#stopAdvancing = undefined;
    }
  }

  /** It is thrown once; then there is nothing more. */
  async #takeFailure(): Promise<Error> {
    const error = this.#failure!;
    this.#failure = undefined;
    await this.#batches.return();
    return error;
  }
}
