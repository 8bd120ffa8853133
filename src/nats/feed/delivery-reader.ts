import { startsWith } from "../raw-message.ts";

/**
 * Reads what a consumer's delivery says of itself, in its reply subject (ADR-15):
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time ns>.<pending>`,
 * or the form with domain and account hash before the stream and a token after pending.
 *
 * All deliveries of one consumer begin alike, so from the second on only the numbers are read; one
 * object for all of them, since there may be half a million in a second.
 */
export class DeliveryReader {
  /** The message's sequence in the stream. */
  sequence = 0;
  /** Its number among this consumer's deliveries, from 1. */
  consumerSequence = 0;
  timeMs = 0;
  /** How many messages the consumer has still to deliver. */
  pending = 0;
  #prefix = Buffer.alloc(0);
  #at = 0;

  /** Read one; false for anything else, and then the fields mean nothing. */
  read(reply: Buffer): boolean {
    if (this.#prefix.length === 0 || !startsWith(reply, this.#prefix)) {
      const prefix = prefixOf(reply.toString("latin1"));
      if (prefix === undefined) return false;
      this.#prefix = Buffer.from(prefix, "latin1");
    }
    this.#at = this.#prefix.length;
    this.sequence = this.#number(reply);
    this.consumerSequence = this.#number(reply);
    const timeEnd = reply.indexOf(dot, this.#at);
    this.timeMs = this.#number(reply, timeEnd - nanosDigits);
    this.#at = timeEnd + 1;
    this.pending = this.#number(reply);
    const { sequence, consumerSequence, timeMs, pending } = this;
    return Number.isSafeInteger(sequence + consumerSequence + timeMs + pending);
  }

  /** The digits from here to the next dot, or to `end`; NaN when there is anything else. */
  #number(reply: Buffer, end: number = reply.length): number {
    let value = 0;
    let i = this.#at;
    for (; i < end; i++) {
      const byte = reply[i]!;
      if (byte === dot) break;
      const digit = byte - 0x30;
      value = digit >= 0 && digit <= 9 ? value * 10 + digit : NaN;
    }
    const empty = i === this.#at;
    this.#at = i + 1;
    return empty ? NaN : value;
  }
}

/** The digits of a time in nanoseconds that are below a millisecond. */
const nanosDigits = 6;

const dot = 0x2e;

/** Everything up to the stream sequence. */
function prefixOf(reply: string): string | undefined {
  const tokens = reply.split(".");
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK") return undefined;
  const at = tokens.length === 9 ? 5 : tokens.length >= 11 ? 7 : undefined;
  return at === undefined ? undefined : `${tokens.slice(0, at).join(".")}.`;
}
