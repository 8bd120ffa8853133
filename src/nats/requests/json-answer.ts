import type { Msg } from "@nats-io/nats-core";
import { hasHeaders } from "../raw-message.ts";

/** How the server tells an error. */
export interface ApiErrorBody {
  readonly code: number;
  readonly err_code: number;
  readonly description: string;
}

/** An answer of JetStream's, whose members are still to be looked at. */
export interface JsonAnswer {
  readonly error?: ApiErrorBody;
  readonly [member: string]: unknown;
}

/**
 * A reply as an answer of JetStream's (nats-server 2.15): one JSON object without a header block,
 * whose error, if it has one, says code, number and description. Undefined when it is anything
 * else: a reply subject can be written to by others, and a stored message can be made to come on it.
 */
export function jsonAnswer(reply: Msg): JsonAnswer | undefined {
  if (hasHeaders(reply)) return undefined;
  try {
    const answer: unknown = JSON.parse(utf8.decode(reply.data));
    return isObject(answer) && hasSoundError(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasSoundError(answer: Readonly<Record<string, unknown>>): boolean {
  const { error } = answer;
  if (error === undefined) return true;
  if (!isObject(error)) return false;
  const { code, err_code: errCode, description } = error;
  return Number.isInteger(code) && Number.isInteger(errCode) && typeof description === "string";
}

/** Is it a sequence that a message can have? */
export function isStoredSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
