import type { Sequence } from "../../event/index.ts";

/** What a consumer's delivery says of itself, in its reply subject. */
export interface ConsumerDelivery {
  /** The message's sequence in the stream. */
  readonly sequence: Sequence;
  /** Its number among this consumer's deliveries, from 1. */
  readonly consumerSequence: number;
  readonly timeMs: number;
  /** How many messages the consumer has still to deliver. */
  readonly pending: number;
}

/**
 * Parse `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time ns>.<pending>`,
 * or the form with domain and account hash before the stream and a token after pending (ADR-15).
 * @returns undefined for anything else
 */
export function parseDelivery(reply: string): ConsumerDelivery | undefined {
  const tokens = reply.split(".");
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK") return undefined;
  const at = tokens.length === 9 ? 5 : tokens.length >= 11 ? 7 : undefined;
  if (at === undefined) return undefined;
  const sequence = Number(tokens[at]);
  const consumerSequence = Number(tokens[at + 1]);
  const timeMs = Number(tokens[at + 2]!.slice(0, -6));
  const pending = Number(tokens[at + 3]);
  const sound = [sequence, consumerSequence, timeMs, pending].every(Number.isSafeInteger);
  return sound ? { sequence, consumerSequence, timeMs, pending } : undefined;
}
