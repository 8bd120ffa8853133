import type { Msg } from "@nats-io/nats-core";
import type { Sequence } from "../../event/index.ts";
import type { StoredMessage } from "../../event/backend/index.ts";
import { headerBlock, serverStatus } from "../raw-message.ts";
import { parseSubject, type Stream } from "../stream.ts";

/** What was asked for: what an answer is held against. */
export interface Asked {
  /** The lowest sequence, inclusive. */
  readonly from: Sequence;
  /** The highest, inclusive. */
  readonly upTo: Sequence;
  /** One subject; its last token may be `*`, and `>` is every subject. */
  readonly subject: string;
  /** Of a page: the sequence of the message before, 0 for none. */
  readonly previous?: Sequence;
}

/** Every message of a stream. */
export const anything: Asked = { from: 1, upTo: Number.MAX_SAFE_INTEGER, subject: ">" };

/**
 * What a reply is worth.
 * - message: the stream's own, and one that was asked for
 * - none, end: there is none (404), or no more (204). No stream's name is on these, and a mirror says
 *   them too, so they prove nothing
 * - mirror: a mirror's message
 * - refused: another status, of a server that does not do what it is asked (408, 413, 500)
 * - unsound: nothing that the server says to what was asked
 */
export type Answer =
  | { readonly kind: "message"; readonly message: StoredMessage }
  | { readonly kind: "end"; readonly pending: number }
  | { readonly kind: "refused"; readonly status: number }
  | { readonly kind: "none" | "mirror" | "unsound" };

/** The same of a message that was asked for without its headers. */
export type BodyAnswer =
  | { readonly kind: "body"; readonly body: Uint8Array }
  | { readonly kind: "none" | "end" | "refused" | "unsound" };

/**
 * Read a direct get's reply (ADR-31, nats-server 2.15). Its facts are the lines that the server
 * appends last, in this order and side by side; what a stored message has above them, even in place
 * of the first line, is its writer's, who may claim anything there.
 *
 * Any mirror of a stream with `allow_direct` answers in the stream's name, however little it holds;
 * only the line `Nats-Stream` tells.
 */
export function believe(stream: Stream, asked: Asked, reply: Msg): Answer {
  const block = headerBlock(reply);
  const at = block.lastIndexOf(subjectLine);
  const lines = new Lines(block, at);
  const subject = lines.next(subjectLine);
  const sequence = numberOf(lines.next(sequenceLine));
  if (Number.isNaN(sequence)) return statusAnswer(block, asked);
  if (!block.endsWith(`${streamLine}${stream.name}`, at)) return strange(stream, block, at);
  const timeMs = serverTime(lines.next(timeLine));
  if (Number.isNaN(timeMs) || !isAsked(asked, sequence, subject)) return unsound;
  if (asked.previous !== undefined) {
    lines.next(pendingLine);
    if (numberOf(lines.next(lastLine)) !== asked.previous) return unsound;
  }
  const { family, id } = parseSubject(stream, subject);
  return { kind: "message", message: { sequence, timeMs, family, id, payload: reply.data } };
}

/**
 * Read the reply to a direct get with `no_hdr`. A message then comes without any header block, so
 * what it is and whose is for its frame to prove; what has a block is the server's word.
 */
export function believeBody(reply: Msg): BodyAnswer {
  const block = headerBlock(reply);
  if (block === "") return { kind: "body", body: reply.data };
  switch (serverStatus(block)) {
    case undefined:
      return { kind: "unsound" };
    case 204:
      return { kind: "end" };
    case 404:
      return { kind: "none" };
    default:
      return { kind: "refused" };
  }
}

/** Is a message one that was asked for? */
function isAsked(
  { from, upTo, subject: filter }: Asked,
  sequence: Sequence,
  subject: string,
): boolean {
  if (!(sequence >= from && sequence <= upTo)) return false;
  if (filter === ">" || filter === subject) return true;
  if (!filter.endsWith("*")) return false;
  return subject.startsWith(filter.slice(0, -1)) && !subject.includes(".", filter.length - 1);
}

function statusAnswer(block: string, { previous = 0 }: Asked): Answer {
  const status = serverStatus(block);
  if (status === undefined) return unsound;
  if (status === 404) return { kind: "none" };
  if (status !== 204) return { kind: "refused", status };
  const lines = new Lines(block, block.indexOf(pendingLine));
  const pending = numberOf(lines.next(pendingLine));
  const last = numberOf(lines.next(lastLine));
  return last === previous && pending >= 0 ? { kind: "end", pending } : unsound;
}

/** A message that is not of this stream: whose, if anybody's, is remembered. */
function strange({ name, mirrors }: Stream, block: string, at: number): Answer {
  const start = block.lastIndexOf(streamLine, at);
  const mirror = start < 0 ? "" : block.slice(start + streamLine.length, at);
  if (mirror === "" || mirror.includes("\r\n")) return unsound;
  mirrors.saw(name, mirror);
  return { kind: "mirror" };
}

const unsound: Answer = { kind: "unsound" };

/** Not from the beginning of a line: a stored block may end without one. */
const streamLine = "Nats-Stream: ";
const subjectLine = "\r\nNats-Subject: ";
const sequenceLine = "\r\nNats-Sequence: ";
const timeLine = "\r\nNats-Time-Stamp: ";
const pendingLine = "\r\nNats-Num-Pending: ";
const lastLine = "\r\nNats-Last-Sequence: ";

/** Lines of a header block that stand side by side. */
class Lines {
  readonly #block: string;
  #at: number;

  constructor(block: string, at: number) {
    this.#block = block;
    this.#at = at;
  }

  /** The value of the next line; empty when it is another one. */
  next(line: string): string {
    const block = this.#block;
    if (this.#at < 0 || !block.startsWith(line, this.#at)) return "";
    const start = this.#at + line.length;
    this.#at = block.indexOf("\r\n", start);
    return this.#at < 0 ? "" : block.slice(start, this.#at);
  }
}

/** NaN unless it is a whole number that can be told exactly. */
function numberOf(text: string): number {
  const number = text === "" ? NaN : Number(text);
  return Number.isSafeInteger(number) ? number : NaN;
}

/** Messages that are read together were often stored in the same second, which is parsed once. */
let second = { text: "", ms: NaN };

/** A time as the server writes it, `2026-01-01T00:00:00.123456789Z`, in whole milliseconds. */
function serverTime(time: string): number {
  if (!time.endsWith("Z")) return NaN;
  if (time.charCodeAt(secondEnd) !== dot) return Date.parse(time);
  const text = time.slice(0, secondEnd);
  if (text !== second.text) second = { text, ms: Date.parse(`${text}Z`) };
  const millis = `${time.slice(secondEnd + 1, -1)}00`.slice(0, 3);
  return second.ms + Number(millis);
}

const secondEnd = "2026-01-01T00:00:00".length;
const dot = 0x2e;
