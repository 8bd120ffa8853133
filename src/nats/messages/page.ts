import type { Sequence } from "../../event/index.ts";
import type { StoredMessage } from "../../event/backend/index.ts";
import { DirectGetError, storedMessage } from "./direct-get.ts";
import { replyHeaders } from "./reply-headers.ts";
import type { Reply } from "../requests/multiplexer.ts";
import { assertRetryable, collect } from "../requests/request.ts";
import type { Stream } from "../stream.ts";

/** Some messages of a stream, as one replica has them. */
export interface Page {
  readonly messages: readonly StoredMessage[];
  /**
   * - more: the replica has more that matches
   * - end: it has no more
   * - broken: the rest did not arrive (reconnect, time-out, a frozen server); ask again after the last
   */
  readonly outcome: "more" | "end" | "broken";
  /** How many messages match after those of the page, as the replica has them. */
  readonly pending: number;
}

/**
 * Messages per page, and bytes: direct gets have no flow control, and a server cuts a connection
 * whose outbound queue overruns (nats-server 2.15: 64 MiB).
 */
const maxMessages = 1000;
const maxBytes = 2 << 20;

/** How long the next message of a page may take, in milliseconds. */
const timeoutMs = 2_000;

/** Which messages a page holds. */
export interface PageQuery {
  /** Inclusive. */
  readonly from: Sequence;
  /** One subject, wildcards allowed. @default every message */
  readonly filter?: string;
  /** How many at most. */
  readonly batch?: number;
}

/**
 * Ask any replica for messages from a sequence on (direct get batch, ADR-31). The server ignores an
 * upper bound here, so the reader cuts at its own.
 * @throws {@link DirectGetError} when the server refuses; the signal's reason when aborted;
 *   {@link ConfigError} or {@link UnavailableError} when asking again can't help
 */
export async function fetchPage(
  stream: Stream,
  { from, filter, batch = maxMessages }: PageQuery,
  signal: AbortSignal | undefined,
): Promise<Page> {
  const subject = `${stream.api}.DIRECT.GET.${stream.name}`;
  const query = { seq: from, batch, max_bytes: maxBytes, next_by_subj: filter };
  const payload = JSON.stringify(query);
  const asked = { subject, payload, replyBytes: maxBytes, timeoutMs, signal };
  const messages: StoredMessage[] = [];
  const end = await collect(stream, asked, (reply) => take(stream, subject, messages, reply));
  return { messages, ...end };
}

/** How a page goes on: with another message, or not. */
type Step = Pick<Page, "outcome" | "pending"> | undefined;

/**
 * Keep the page's next message, or tell how the page ends (ADR-31).
 * @throws as {@link fetchPage}
 */
function take(stream: Stream, subject: string, messages: StoredMessage[], reply: Reply): Step {
  if (typeof reply === "string") {
    assertRetryable(reply, subject);
    return { outcome: "broken", pending: 0 };
  }
  const headers = replyHeaders(reply);
  switch (headers.status) {
    case 0:
      if (Number(headers.last("Nats-Last-Sequence")) !== (messages.at(-1)?.sequence ?? 0)) {
        return { outcome: "broken", pending: 0 };
      }
      messages.push(storedMessage(stream, headers, reply.data));
      return undefined;
    case 204: {
      const pending = Number(headers.last("Nats-Num-Pending"));
      return { outcome: pending > 0 ? "more" : "end", pending };
    }
    case 404:
      return { outcome: "end", pending: 0 };
    default:
      throw new DirectGetError(headers.status);
  }
}
