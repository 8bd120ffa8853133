import type { Msg } from "@nats-io/nats-core";
import type { Sequence } from "../../event/index.ts";
import type { StoredMessage } from "../../event/backend/index.ts";
import { headerBlock, headerBytes, serverStatus } from "../raw-message.ts";
import { parseSubject, type Stream } from "../stream.ts";
import { ServerLines } from "./server-lines.ts";

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
  const { bytes, end } = headerBytes(reply);
  const lines = new ServerLines(bytes, end);
  const subject = lines.text("Nats-Subject: ");
  const sequence = lines.number("Nats-Sequence: ");
  if (Number.isNaN(sequence)) return statusAnswer(reply, asked);
  if (!lines.isOf(stream.name)) return strange(stream, lines);
  const timeMs = lines.time("Nats-Time-Stamp: ");
  if (Number.isNaN(timeMs) || !isAsked(asked, sequence, subject)) return unsound;
  if (asked.previous !== undefined) {
    lines.number("Nats-Num-Pending: ");
    if (lines.number("Nats-Last-Sequence: ") !== asked.previous) return unsound;
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
  const wild = filter.length - 1;
  if (filter.charCodeAt(wild) !== star || subject.indexOf(".", wild) >= 0) return false;
  return subject.startsWith(filter.slice(0, wild));
}

const star = 0x2a;

function statusAnswer(reply: Msg, { previous = 0 }: Asked): Answer {
  const block = headerBlock(reply);
  const status = serverStatus(block);
  if (status === undefined) return unsound;
  if (status === 404) return { kind: "none" };
  if (status !== 204) return { kind: "refused", status };
  const [, pending, last] = pageEnd.exec(block) ?? [];
  const sound = Number(last) === previous && Number.isSafeInteger(Number(pending));
  return sound ? { kind: "end", pending: Number(pending) } : unsound;
}

/** How many messages are left, and the sequence of the page's last one. */
const pageEnd = /\r\nNats-Num-Pending: (\d+)\r\nNats-Last-Sequence: (\d+)\r\n/;

/** A message that is not of this stream: whose, if anybody's, is remembered. */
function strange({ name, mirrors }: Stream, { stream: mirror }: ServerLines): Answer {
  if (mirror === undefined) return unsound;
  mirrors.saw(name, mirror);
  return { kind: "mirror" };
}

const unsound: Answer = { kind: "unsound" };
