/** First come, first served, without moving the others up each time. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #next = 0;

  get isEmpty(): boolean {
    return this.#next === this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[this.#next];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Drop the first. */
  shift(): void {
    this.#items[this.#next++] = undefined;
    if (!this.isEmpty && this.#next < manyServed) return;
    this.#items = this.#items.slice(this.#next);
    this.#next = 0;
  }
}

/** So many places of those that were served are given back at once. */
const manyServed = 1024;
