import type { Msg } from "@nats-io/nats-core";
import type { Sequence } from "../event/index.ts";
import { type StoredMessage, onAbort } from "../event/backend/index.ts";
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
    const fail = (error: unknown): void => finish(() => reject(error as Error));
    const take = (message: Msg): void => {
      const status = message.headers?.code ?? 0;
      if (status === 204) return end(pendingOf(message) > 0 ? "more" : "end");
      if (status === 404) return end("end");
      if (status === 503) return end("broken");
      if (status !== 0) return fail(new DirectGetError(status));
      if (previousInPage(message) !== (messages.at(-1)?.sequence ?? 0)) return end("broken");
      messages.push(storedMessage(stream, message));
      timer.refresh();
    };
    const subscription = connection.subscribe(newInbox(stream), {
      callback: (error, message) => {
        // A throw in a subscription's callback ends the connection's reader (nats.js 3.4).
        try {
          if (error) fail(error);
          else take(message);
        } catch (thrown) {
          fail(thrown);
        }
      },
    });
    const timer = setTimeout(() => end("broken"), silenceMs);
    const stopListening = onAbort(signal, () => fail(signal?.reason));
    const query = { seq: from, batch, max_bytes: maxBytes, next_by_subj: filter };
    connection.publish(`${api}.DIRECT.GET.${name}`, JSON.stringify(query), {
      reply: subscription.getSubject(),
    });
  });
}

function pendingOf({ headers }: Msg): number {
  return Number(headers?.get("Nats-Num-Pending") ?? 0);
}
