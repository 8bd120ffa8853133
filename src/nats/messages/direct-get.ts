import type { Msg } from "@nats-io/nats-core";
import { UnavailableError } from "../../event/index.ts";
import type { StoredMessage } from "../../event/backend/index.ts";
import { parseSubject, type Stream } from "../stream.ts";
import { type ReplyHeaders, replyHeaders } from "./reply-headers.ts";

/**
 * Where to ask any replica for a subject's last message (direct get by subject, ADR-31): the form
 * whose right can be given per subject. An empty request; see {@link readDirectReply}.
 */
export function lastRequestSubject({ api, name }: Stream, subject: string): string {
  return `${api}.DIRECT.GET.${name}.${subject}`;
}

/** The message in a direct get's reply; undefined when it is a 404. @throws on another status */
export function readDirectReply(stream: Stream, reply: Msg): StoredMessage | undefined {
  const headers = replyHeaders(reply);
  if (headers.status === 404) return undefined;
  if (headers.status !== 0) throw new DirectGetError(headers.status);
  return storedMessage(stream, headers, reply.data);
}

/** A direct get that the server refuses (ADR-31: 408 for a bad request, 413 for too much). */
export class DirectGetError extends Error {
  override readonly name = "DirectGetError";
  readonly status: number;
  constructor(status: number) {
    super(`direct get answered with status ${status}`);
    this.status = status;
  }
}

/** A refusal as the error that a reader is told; any other error as it is. */
export function asUnavailable(error: unknown, what: string): unknown {
  return error instanceof DirectGetError
    ? new UnavailableError(`the server refuses ${what}: ${error.message}`, { cause: error })
    : error;
}

/** A message that carries what it is in headers, as direct gets do. */
export function storedMessage(
  stream: Stream,
  headers: ReplyHeaders,
  payload: Uint8Array,
): StoredMessage {
  const { family, id } = parseSubject(stream, headers.last("Nats-Subject"));
  const sequence = Number(headers.last("Nats-Sequence"));
  return { sequence, timeMs: timeOf(headers.last("Nats-Time-Stamp")), family, id, payload };
}

/** Messages that are read together were often stored in the same second, which is parsed once. */
let second = { text: "", ms: NaN };

/** A time as the server writes it, `2026-01-01T00:00:00.123456789Z`, in whole milliseconds. */
function timeOf(time: string): number {
  if (time.charCodeAt(secondEnd) !== dot || !time.endsWith("Z")) return Date.parse(time);
  const text = time.slice(0, secondEnd);
  if (text !== second.text) second = { text, ms: Date.parse(`${text}Z`) };
  const millis = `${time.slice(secondEnd + 1, -1)}00`.slice(0, 3);
  return second.ms + Number(millis);
}

const secondEnd = "2026-01-01T00:00:00".length;
const dot = 0x2e;
