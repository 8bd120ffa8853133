import { Fifo } from "./fifo.ts";

/** At most so many requests, and so many bytes of requests and awaited replies, are under way at once. */
const maxRequests = 1024;
const maxBytes = 16 << 20;

/**
 * At most so many bytes are handed to the client of which it is not known that they have left: the
 * client keeps without bound what a slow link does not take, and all that comes later waits behind
 * it. At 400 KB/s it is 5 s; at 100 ms to the server and back it still lets through 20 MB/s.
 */
const maxUnsentBytes = 2 << 20;

/** Something to be sent. */
export interface Turn {
  /** How long it is itself, in bytes. */
  readonly ownBytes: number;
  /** With its awaited replies; 0 when nothing is awaited. */
  readonly heldBytes: number;
  /** How much had been handed to the client when it was, itself included. */
  position: number;
}

/**
 * Bounds what is under way on a connection; what is beyond waits its turn, first come, first served.
 * A server cuts a connection whose outbound queue overruns (nats-server 2.15: 64 MiB), so awaited
 * replies count too.
 */
export class InFlight<T extends Turn> {
  readonly #start: (turn: T) => boolean;
  readonly #full: () => void;
  readonly #waiting = new Fifo<T>();
  #requests = 0;
  #bytes = 0;
  #handed = 0;
  #left = 0;

  /**
   * @param start - false when there is nothing to start any more
   * @param full - called when something waits until more of what was handed to the client is known to have left
   */
  constructor(start: (turn: T) => boolean, full: () => void) {
    this.#start = start;
    this.#full = full;
  }

  /** How many bytes were handed to the client. */
  get handed(): number {
    return this.#handed;
  }

  /** Up to where in them it is known that they have left. */
  get left(): number {
    return this.#left;
  }

  /** Start at once, or as soon as there is room. What is larger than all the room goes alone. */
  enter(turn: T): void {
    if (this.#waiting.isEmpty && this.#hasRoom(turn)) return this.#begin(turn);
    this.#waiting.push(turn);
    if (this.#waiting.first === turn) this.#next();
  }

  /** What was awaited is over. */
  leave(turn: T): void {
    this.#requests--;
    this.#bytes -= turn.heldBytes;
    this.#next();
  }

  /** The server has got all that was handed to the client up to this position, or it was dropped. */
  hasLeft(position: number): void {
    if (position <= this.#left) return;
    this.#left = position;
    this.#next();
  }

  #next(): void {
    while (!this.#waiting.isEmpty) {
      const turn = this.#waiting.first!;
      if (!this.#hasRoom(turn)) {
        if (!this.#fits(turn)) this.#full();
        return;
      }
      this.#waiting.shift();
      this.#begin(turn);
    }
  }

  #hasRoom(turn: T): boolean {
    if (!this.#fits(turn)) return false;
    if (this.#requests === 0 || turn.heldBytes === 0) return true;
    return this.#requests < maxRequests && this.#bytes + turn.heldBytes <= maxBytes;
  }

  #fits({ ownBytes }: T): boolean {
    const unsent = this.#handed - this.#left;
    return unsent === 0 || unsent + ownBytes <= maxUnsentBytes;
  }

  #begin(turn: T): void {
    turn.position = this.#handed + turn.ownBytes;
    if (!this.#start(turn)) return;
    this.#handed = turn.position;
    if (turn.heldBytes === 0) return;
    this.#requests++;
    this.#bytes += turn.heldBytes;
  }
}
