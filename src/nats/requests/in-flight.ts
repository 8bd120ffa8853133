/** At most so many requests, and so many bytes of requests and awaited replies, are under way at once. */
const maxRequests = 1024;
const maxBytes = 16 << 20;

/**
 * Bounds what is under way on a connection; what is beyond waits its turn, first come, first served.
 * A server cuts a connection whose outbound queue overruns (nats-server 2.15: 64 MiB), so awaited
 * replies count too.
 */
export class InFlight {
  #requests = 0;
  #bytes = 0;
  #queue: Turn[] = [];
  #next = 0;

  /**
   * Start at once, or as soon as there is room. What is larger than all the room goes alone.
   * @param start - false when there is nothing to start any more
   */
  enter(bytes: number, start: () => boolean): void {
    const waits = this.#next < this.#queue.length;
    if (!waits && this.#hasRoom(bytes)) this.#start({ bytes, start });
    else this.#queue.push({ bytes, start });
  }

  /** What started with so many bytes is over. */
  leave(bytes: number): void {
    this.#requests--;
    this.#bytes -= bytes;
    while (this.#next < this.#queue.length) {
      const turn = this.#queue[this.#next]!;
      if (!this.#hasRoom(turn.bytes)) return;
      this.#next++;
      this.#start(turn);
    }
    this.#queue = [];
    this.#next = 0;
  }

  #hasRoom(bytes: number): boolean {
    if (this.#requests === 0) return true;
    return this.#requests < maxRequests && this.#bytes + bytes <= maxBytes;
  }

  #start({ bytes, start }: Turn): void {
    if (!start()) return;
    this.#requests++;
    this.#bytes += bytes;
  }
}

interface Turn {
  readonly bytes: number;
  readonly start: () => boolean;
}
