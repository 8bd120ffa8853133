import type { Msg } from "@nats-io/nats-core";
import type { Sequence } from "../../event/index.ts";
import type { StoredMessage } from "../../event/backend/index.ts";
import { DirectGetError, previousInPage, storedMessage } from "./direct-get.ts";
import type { Reply } from "../requests/multiplexer.ts";
import { assertRetryable, orAbort } from "../requests/request.ts";
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
  signal?.throwIfAborted();
  const subject = `${stream.api}.DIRECT.GET.${stream.name}`;
  const query = { seq: from, batch, max_bytes: maxBytes, next_by_subj: filter };
  const asked = { subject, payload: JSON.stringify(query), replyBytes: maxBytes, timeoutMs };
  const messages: StoredMessage[] = [];
  let stop: (() => void) | undefined;
  const page = new Promise<Page>((resolve, reject) => {
    stop = stream.requests.open(asked, (reply) => {
      try {
        const outcome = take(stream, subject, messages, reply);
        if (outcome === undefined) return false;
        resolve({ messages, outcome, pending: pendingOf(reply) });
        return true;
      } catch (error) {
        reject(error);
        return true;
      }
    });
  });
  if (signal === undefined) return page;
  return orAbort(page, signal).finally(stop);
}

/**
 * Keep the page's next message, or tell how the page ends.
 * @throws as {@link fetchPage}
 */
function take(
  stream: Stream,
  subject: string,
  messages: StoredMessage[],
  reply: Reply,
): Page["outcome"] | undefined {
  if (typeof reply === "string") {
    assertRetryable(reply, subject);
    return "broken";
  }
  const kind = kindOf(reply, messages.at(-1));
  if (kind !== "message") return kind;
  messages.push(storedMessage(stream, reply));
  return undefined;
}

/**
 * What has arrived: the page's next message, or how the page ends (ADR-31).
 * @throws {@link DirectGetError} when the server refuses
 */
function kindOf(message: Msg, last: StoredMessage | undefined): Page["outcome"] | "message" {
  const status = message.headers?.code ?? 0;
  switch (status) {
    case 0:
      return previousInPage(message) === (last?.sequence ?? 0) ? "message" : "broken";
    case 204:
      return pendingOf(message) > 0 ? "more" : "end";
    case 404:
      return "end";
    default:
      throw new DirectGetError(status);
  }
}

function pendingOf(reply: Reply): number {
  return typeof reply === "string" ? 0 : Number(reply.headers?.get("Nats-Num-Pending") ?? 0);
}
