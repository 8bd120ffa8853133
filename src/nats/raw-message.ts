import type { Msg } from "@nats-io/nats-core";

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

/** The header block as text; undefined when there is none, or the client does not keep it. */
export function headerText(message: Msg): string | undefined {
  const { _rdata: data, _msg: parts } = message as ClientMessage;
  const end = parts?.hdr;
  if (!Buffer.isBuffer(data) || typeof end !== "number" || end <= 0) return undefined;
  return data.toString("latin1", 0, end);
}

/** Does it come with a header block, whatever is in it? */
export function hasHeaders(message: Msg): boolean {
  const { _msg: parts } = message as ClientMessage;
  const end = parts?.hdr;
  return typeof end === "number" ? end > 0 : message.headers !== undefined;
}

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
