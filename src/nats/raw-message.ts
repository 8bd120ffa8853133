import type { Msg, MsgHdrs } from "@nats-io/nats-core";

/**
 * The parts of a received message as bytes. The client makes a text of a subject for 0.2 us and
 * takes a header block apart for 2 us (nats.js 3.4), which hundreds of thousands of messages a
 * second notice, so where it keeps the bytes they are looked at as they are. To be used at once:
 * they are views into what the client received.
 */
export function subjectBytes(message: Msg): Buffer {
  const { _msg: parts } = message as ClientMessage;
  return bufferOf(parts?.subject) ?? bytesOf(message.subject);
}

/** As {@link subjectBytes}; empty when there is no reply subject. */
export function replyBytes(message: Msg): Buffer {
  const { _msg: parts } = message as ClientMessage;
  return bufferOf(parts?.reply) ?? bytesOf(message.reply ?? "");
}

/** Some bytes that begin with a header block, and where it ends: at 0 when there is none. */
export interface HeaderBytes {
  readonly bytes: Buffer;
  readonly end: number;
}

export function headerBytes(message: Msg): HeaderBytes {
  const { _rdata: data, _msg: parts } = message as ClientMessage;
  const end = parts?.hdr;
  if (Buffer.isBuffer(data) && typeof end === "number")
    return { bytes: data, end: Math.max(0, end) };
  const bytes = Buffer.from(rebuilt(message.headers), "latin1");
  return { bytes, end: bytes.length };
}

/** The header block as text, as it came; empty when there is none. */
export function headerBlock(message: Msg): string {
  const { bytes, end } = headerBytes(message);
  return end === 0 ? "" : bytes.toString("latin1", 0, end);
}

/** Does it come with a header block, whatever is in it? */
export function hasHeaders(message: Msg): boolean {
  const { _msg: parts } = message as ClientMessage;
  const end = parts?.hdr;
  return typeof end === "number" ? end > 0 : message.headers !== undefined;
}

/**
 * The status in a header block: three digits in the first line, in the form in which the server
 * writes them. Undefined for a stored message, whatever its writer has put there: it carries the
 * server's own `Nats-Sequence`.
 */
export function serverStatus(block: string): number | undefined {
  if (!/^NATS\/1\.0 \d{3}[ \r]/.test(block) || block.includes("\r\nNats-Sequence: "))
    return undefined;
  return Number(block.slice(statusAt, statusAt + 3));
}

const statusAt = "NATS/1.0 ".length;

/** What a client tells that keeps no bytes: the last value of each name is the server's. */
function rebuilt(headers: MsgHdrs | undefined): string {
  if (headers === undefined) return "";
  const status = headers.code > 0 ? ` ${headers.code}` : "";
  const told = serverNames.filter((name) => headers.has(name));
  const lines = told.map((name) => `${name}: ${headers.values(name).at(-1)}\r\n`);
  return `NATS/1.0${status}\r\n${lines.join("")}\r\n`;
}

/** What the server appends, in its order (ADR-31). */
const serverNames = [
  "Nats-Stream",
  "Nats-Subject",
  "Nats-Sequence",
  "Nats-Time-Stamp",
  "Nats-Num-Pending",
  "Nats-Last-Sequence",
] as const;

/** What the client's messages are made of (nats-core 3.3 and 3.4); another client may lack it. */
interface ClientMessage extends Msg {
  readonly _rdata?: Uint8Array;
  readonly _msg?: {
    readonly subject?: Uint8Array;
    readonly reply?: Uint8Array;
    readonly hdr?: number;
  };
}

function bufferOf(bytes: Uint8Array | undefined): Buffer | undefined {
  return Buffer.isBuffer(bytes) ? bytes : undefined;
}

/** Subjects are of ASCII, or no concern of ours. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** Do these bytes begin with those? */
export function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  if (bytes.length < start.length) return false;
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false;
  return true;
}
