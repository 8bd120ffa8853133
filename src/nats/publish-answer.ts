import type { Msg } from "@nats-io/nats-core";
import type { ApiErrorBody } from "./requests/api.ts";

/** What the server says of a publish (ADR-32, nats-server 2.15). */
export interface PublishAnswer {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: ApiErrorBody;
}

/**
 * Read an acknowledgement. Nearly every one is `{"stream":"<name>","seq":<number>}`, whose number is
 * read where it stands; anything else is parsed as JSON.
 * @throws SyntaxError when it is neither
 */
export function readPublishAnswer(reply: Msg, stream: string): PublishAnswer {
  const { data } = reply;
  const start = stream.length + acknowledged;
  const last = data.length - 1;
  let seq = 0;
  for (let i = start; i < last; i++) {
    const digit = data[i]! - 0x30;
    if (digit < 0 || digit > 9) return reply.json<PublishAnswer>();
    seq = seq * 10 + digit;
  }
  const plain = last > start && data[start - 1] === 0x3a && Number.isSafeInteger(seq);
  return plain ? { seq } : reply.json<PublishAnswer>();
}

/** The length of `{"stream":"` and `","seq":`. */
const acknowledged = 19;
