import type { StoredAt } from "../errors.ts";
import type { Sequence } from "../sequence.ts";

/** A message as a backend stores it: its subject's tokens and its payload, nothing decoded. */
export interface StoredMessage {
  readonly sequence: Sequence;
  /** When it was stored, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly family: string;
  readonly id: string;
  readonly payload: Uint8Array;
}

/** Where a message lies, for an error. */
export function locationOf(message: StoredMessage): StoredAt {
  return new Location(message);
}

/** Made for every message and rarely asked, so the subject is not put together before. */
class Location implements StoredAt {
  readonly #message: StoredMessage;

  constructor(message: StoredMessage) {
    this.#message = message;
  }

  get sequence(): Sequence {
    return this.#message.sequence;
  }

  get subject(): string {
    return `${this.#message.family}.${this.#message.id}`;
  }
}
