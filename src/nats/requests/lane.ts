import { Fifo } from "./fifo.ts";

/**
 * How many requests with messages ahead of them are under way at once. A stream takes 50 open batches
 * (nats-server 2.15), of all its clients, and one node stores them one after the other.
 */
const most = 16;

/** How large they are together, in bytes; what is larger goes alone. */
const mostBytes = 4 << 20;

/** Lets so many of them through at once; the others wait, first come, first served. */
export class Lane<T extends { readonly groupBytes: number }> {
  readonly #start: (item: T) => boolean;
  readonly #waiting = new Fifo<T>();
  #inside = 0;
  #bytes = 0;

  /** @param start - false when it is not wanted any more */
  constructor(start: (item: T) => boolean) {
    this.#start = start;
  }

  enter(item: T): void {
    this.#waiting.push(item);
    this.#admit();
  }

  /** One of those inside is done. */
  leave({ groupBytes }: T): void {
    this.#inside--;
    this.#bytes -= groupBytes;
    this.#admit();
  }

  #admit(): void {
    while (!this.#waiting.isEmpty && this.#hasRoom(this.#waiting.first!)) {
      const item = this.#waiting.first!;
      this.#waiting.shift();
      if (!this.#start(item)) continue;
      this.#inside++;
      this.#bytes += item.groupBytes;
    }
  }

  #hasRoom({ groupBytes }: T): boolean {
    if (this.#inside === 0) return true;
    return this.#inside < most && this.#bytes + groupBytes <= mostBytes;
  }
}
