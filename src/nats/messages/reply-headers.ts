import type { Msg } from "@nats-io/nats-core";
import { headerText } from "../raw-message.ts";

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

/** Read a reply's headers. */
export function replyHeaders(reply: Msg): ReplyHeaders {
  const text = headerText(reply);
  return text === undefined ? clientHeaders(reply) : new HeaderBlock(text);
}

class HeaderBlock implements ReplyHeaders {
  readonly #block: string;
  /** Where the value that was read last ends. */
  #at = 0;

  constructor(block: string) {
    this.#block = block;
  }

  get status(): number {
    const block = this.#block;
    return block.charCodeAt(statusAt) === space ? parseInt(block.slice(statusAt + 1), 10) : 0;
  }

  /** Who asks in the server's order finds the next one where the last one ended. */
  last(name: string): string {
    const block = this.#block;
    const line = `\r\n${name}: `;
    const at = block.startsWith(line, this.#at) ? this.#at : block.lastIndexOf(line);
    if (at < 0) return "";
    const start = at + line.length;
    this.#at = block.indexOf("\r\n", start);
    return block.slice(start, this.#at);
  }
}

/** `NATS/1.0` ends here; a status follows after a space. */
const statusAt = 8;
const space = 0x20;

function clientHeaders({ headers }: Msg): ReplyHeaders {
  return {
    status: headers?.code ?? 0,
    last: (name) => headers?.values(name).at(-1) ?? "",
  };
}
