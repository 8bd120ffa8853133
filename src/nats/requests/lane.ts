import { Fifo } from "./fifo.ts";

/** Lets so many through at once; the others wait, first come, first served. */
export class Lane<T> {
  readonly #most: number;
  readonly #start: (item: T) => boolean;
  readonly #waiting = new Fifo<T>();
  #inside = 0;

  /** @param start - false when it is not wanted any more */
  constructor(most: number, start: (item: T) => boolean) {
    this.#most = most;
    this.#start = start;
  }

  enter(item: T): void {
    this.#waiting.push(item);
    this.#admit();
  }

  /** One of those inside is done. */
  leave(): void {
    this.#inside--;
    this.#admit();
  }

  #admit(): void {
    while (this.#inside < this.#most && !this.#waiting.isEmpty) {
      const item = this.#waiting.first!;
      this.#waiting.shift();
      if (this.#start(item)) this.#inside++;
    }
  }
}
