import type { Msg } from "@nats-io/nats-core";

/**
 * The header block of a direct get's reply. Its facts are what the server appended last: a stored
 * message may carry headers of the same names.
 */
export interface ReplyHeaders {
  /** 0 for a message. */
  readonly status: number;
  /** The last value of a header; empty when there is none. */
  last(name: string): string;
}

/**
 * Read a reply's headers. The client takes a whole block apart for 2 us (nats.js 3.4), which a
 * hundred thousand replies notice, so where it keeps the bytes they are looked through as they are.
 */
export function replyHeaders(reply: Msg): ReplyHeaders {
  const { _rdata: data, _msg: message } = reply as Msg & ClientMessage;
  const end = message?.hdr;
  if (!Buffer.isBuffer(data) || typeof end !== "number" || end <= 0) return clientHeaders(reply);
  const block = data.toString("latin1", 0, end);
  return {
    status: block.charCodeAt(statusAt) === space ? parseInt(block.slice(statusAt + 1), 10) : 0,
    last: (name) => lastValue(block, name),
  };
}

/** What the client's messages are made of (nats-core 3.3 and 3.4); another client may lack it. */
interface ClientMessage {
  readonly _rdata?: Uint8Array;
  readonly _msg?: { readonly hdr?: number };
}

/** `NATS/1.0` ends here; a status follows after a space. */
const statusAt = 8;
const space = 0x20;

function lastValue(block: string, name: string): string {
  const at = block.lastIndexOf(`\r\n${name}:`);
  if (at < 0) return "";
  const start = at + name.length + 3;
  return block.slice(start, block.indexOf("\r\n", start)).trim();
}

function clientHeaders({ headers }: Msg): ReplyHeaders {
  return {
    status: headers?.code ?? 0,
    last: (name) => headers?.values(name).at(-1) ?? "",
  };
}
