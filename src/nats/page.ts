import type { Msg } from "@nats-io/nats-core";
import type { Sequence } from "../event/index.ts";
import { type StoredMessage, onAbort } from "../event/backend/index.ts";
import { safeCallback } from "./callback.ts";
import { DirectGetError, previousInPage, storedMessage } from "./direct-get.ts";
import { newInbox, type Stream } from "./stream.ts";

/** Some messages of a stream, as one replica has them. */
export interface Page {
  readonly messages: readonly StoredMessage[];
  /**
   * - more: the replica has more that matches
   * - end: it has no more
   * - broken: the rest did not arrive (reconnect, time-out, a frozen server); ask again after the last
   */
  readonly outcome: "more" | "end" | "broken";
}

/**
 * Messages per page, and bytes: direct gets have no flow control, and a server cuts a connection
 * whose outbound queue overruns (nats-server 2.15: 64 MiB).
 */
const batch = 1000;
const maxBytes = 4 << 20;

/** How long the next message of a page may take, in milliseconds. */
const silenceMs = 2_000;

/**
 * Ask any replica for messages from a sequence (inclusive) on (direct get batch, ADR-31). The
 * server ignores an upper bound here, so the reader cuts at its own.
 * @param filter - one subject, wildcards allowed
 * @throws {@link DirectGetError} when the server refuses; the signal's reason when aborted
 */
export async function fetchPage(
  stream: Stream,
  filter: string,
  from: Sequence,
  signal: AbortSignal | undefined,
): Promise<Page> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const { connection, api, name } = stream;
    const messages: StoredMessage[] = [];
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      stopListening();
      subscription.unsubscribe();
      settle();
    };
    const end = (outcome: Page["outcome"]): void => finish(() => resolve({ messages, outcome }));
    const fail = (error: unknown): void => finish(() => reject(error));
    const take = (message: Msg): void => {
      const kind = kindOf(message, messages.at(-1));
      if (kind !== "message") return end(kind);
      messages.push(storedMessage(stream, message));
      timer.refresh();
    };
    const subscription = connection.subscribe(newInbox(stream), {
      callback: safeCallback(take, fail),
    });
    const timer = setTimeout(() => end("broken"), silenceMs);
    const stopListening = onAbort(signal, () => fail(signal?.reason));
    const query = JSON.stringify({ seq: from, batch, max_bytes: maxBytes, next_by_subj: filter });
    const reply = subscription.getSubject();
    connection.publish(`${api}.DIRECT.GET.${name}`, query, { reply });
  });
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
    case 503:
      return "broken";
    default:
      throw new DirectGetError(status);
  }
}

function pendingOf({ headers }: Msg): number {
  return Number(headers?.get("Nats-Num-Pending") ?? 0);
}
