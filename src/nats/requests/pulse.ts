import type { NatsConnection } from "@nats-io/nats-core";

/**
 * Asks the server for a sign of life (PING, PONG: the one thing that every transport offers). It
 * takes what a client sends in its order, and answers behind what it has sent before: an answer
 * proves that all bytes before the question have arrived, and that no reply from before the answer
 * is still on its way.
 */
export class Pulse {
  readonly #connection: NatsConnection;
  #askedAt = Infinity;
  #provedAt = -Infinity;
  #heardAt = 0;
  /** Something came since the signs were looked at. */
  heard = false;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  /** A question is under way. */
  get asking(): boolean {
    return this.#askedAt !== Infinity;
  }

  /** What is known at a moment: see `Signs`. */
  signs(now: number): { readonly provedAt: number; readonly heardAt: number } {
    if (this.heard) this.#heardAt = now;
    this.heard = false;
    return { provedAt: this.#provedAt, heardAt: this.#heardAt };
  }

  /** Ask, unless a question is under way. @param answered - called when it is; never when it is lost */
  ask(answered: () => void): void {
    if (this.asking) return;
    this.#askedAt = performance.now();
    const over = (proved: boolean): void => {
      if (proved) this.#provedAt = this.#askedAt;
      this.#askedAt = Infinity;
      if (!proved) return;
      this.heard = true;
      answered();
    };
    this.#connection.flush().then(
      () => over(true),
      () => over(false),
    );
  }
}
