/** At most so many requests, and so many bytes of requests and awaited replies, are under way at once. */
const maxRequests = 1024;
const maxBytes = 16 << 20;

/**
 * Bounds what is under way on a connection; what is beyond waits its turn, first come, first served.
 * A server cuts a connection whose outbound queue overruns (nats-server 2.15: 64 MiB), so awaited
 * replies count too.
 */
export class InFlight<Turn extends { readonly bytes: number }> {
  readonly #start: (turn: Turn) => boolean;
  #requests = 0;
  #bytes = 0;
  #queue: Turn[] = [];
  #next = 0;

  /** @param start - false when there is nothing to start any more */
  constructor(start: (turn: Turn) => boolean) {
    this.#start = start;
  }

  /** Start at once, or as soon as there is room. What is larger than all the room goes alone. */
  enter(turn: Turn): void {
    const waits = this.#next < this.#queue.length;
    if (!waits && this.#hasRoom(turn.bytes)) this.#begin(turn);
    else this.#queue.push(turn);
  }

  /** What started with so many bytes is over. */
  leave(bytes: number): void {
    this.#requests--;
    this.#bytes -= bytes;
    if (this.#queue.length === 0) return;
    while (this.#next < this.#queue.length) {
      const turn = this.#queue[this.#next]!;
      if (!this.#hasRoom(turn.bytes)) return;
      this.#next++;
      this.#begin(turn);
    }
    this.#queue = [];
    this.#next = 0;
  }

  #hasRoom(bytes: number): boolean {
    if (this.#requests === 0) return true;
    return this.#requests < maxRequests && this.#bytes + bytes <= maxBytes;
  }

  #begin(turn: Turn): void {
    if (!this.#start(turn)) return;
    this.#requests++;
    this.#bytes += turn.bytes;
  }
}
