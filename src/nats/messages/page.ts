import type { Msg } from "@nats-io/nats-core";
import type { Sequence } from "../../event/index.ts";
import type { StoredMessage } from "../../event/backend/index.ts";
import { anything, type Asked, believe } from "./believe.ts";
import { DirectGetError, directGetSubject } from "./direct-get.ts";
import { assertRetryable, collect } from "../requests/request.ts";
import type { Stream } from "../stream.ts";

/** Some messages of a stream, as one replica has them. */
export interface Page {
  readonly messages: readonly StoredMessage[];
  /**
   * - more: the replica has more that matches
   * - end: it has no more
   * - broken: the rest did not arrive (reconnect, time-out, a frozen server); ask again after the last
   * - mirror: a mirror answered, so nobody was asked yet
   */
  readonly outcome: "more" | "end" | "broken" | "mirror";
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
  const subject = directGetSubject(stream);
  const query = { seq: from, batch, max_bytes: maxBytes, next_by_subj: filter };
  const payload = JSON.stringify(query);
  const asked = { subject, payload, replyBytes: maxBytes, timeoutMs, signal };
  const messages: StoredMessage[] = [];
  const wanted = { ...anything, from, previous: 0, ...(filter && { subject: filter }) };
  const end = await collect(stream, asked, (reply) => {
    if (typeof reply !== "string") return take(stream, wanted, messages, reply);
    if (reply === "no-responders") stream.replicas.wereAway();
    assertRetryable(stream, reply, subject);
    return broken;
  });
  return { messages, ...end };
}

/** How a page goes on: with another message, or not. */
type Step = Pick<Page, "outcome" | "pending"> | undefined;

const broken: Step = { outcome: "broken", pending: 0 };

/**
 * Keep the page's next message, or tell how the page ends.
 * @param wanted - is moved on
 * @throws {@link DirectGetError} when the server refuses
 */
function take(
  stream: Stream,
  wanted: Asked & { from: Sequence; previous: Sequence },
  messages: StoredMessage[],
  reply: Msg,
): Step {
  const answer = believe(stream, wanted, reply);
  switch (answer.kind) {
    case "message": {
      const { sequence } = answer.message;
      messages.push(answer.message);
      wanted.previous = sequence;
      wanted.from = sequence + 1;
      return undefined;
    }
    case "end":
      return { outcome: answer.pending > 0 ? "more" : "end", pending: answer.pending };
    case "none":
      return { outcome: "end", pending: 0 };
    case "mirror":
      return { outcome: "mirror", pending: 0 };
    case "refused":
      throw new DirectGetError(answer.status);
    case "unsound":
      return broken;
  }
}
