import type { Msg, Subscription } from "@nats-io/nats-core";
import { randomUUID } from "node:crypto";
import type { Sequence } from "../event/index.ts";
import type { StoredMessage } from "../event/backend/index.ts";
import { callApi } from "./api.ts";
import { parseDelivery } from "./delivery.ts";
import { newInbox, parseSubject, type Stream } from "./stream.ts";

/**
 * A push consumer of the server's (ADR-15, ADR-17: ordered, flow-controlled), of which nothing is
 * ever acknowledged: it either delivers every message in order or is broken, and then another one
 * takes over after the last message.
 *
 * The server sends at most what its flow control allows, and goes on once this side has answered;
 * the answer is given when the reader has taken what came before, so a slow reader slows the server.
 */
export interface LiveFeed {
  /**
   * The items that came, in order; waits until something comes. Calling it says that the items of
   * the last call are dealt with. May be empty; once it is broken or closed, it is at once.
   */
  take(): Promise<readonly FeedItem[]>;
  readonly broken: boolean;
  /** Stop, and delete the server's consumer. Twice is once. */
  close(): Promise<void>;
}

/** A message, or the sequence up to which the server has nothing (more) to deliver. */
export type FeedItem = StoredMessage | { readonly idleAt: Sequence };

/** How often an idle consumer says that it lives; three silent intervals mean that it does not. */
const heartbeatMs = 1_000;
const silenceMs = 3 * heartbeatMs;

/** The server forgets a consumer nobody listens to after this, should deleting it fail. */
const inactiveMs = 10_000;

const nanosPerMs = 1_000_000;

/**
 * Create a consumer and listen to it.
 * @param after - exclusive
 * @throws {@link ApiError} when the server refuses
 */
export async function openLiveFeed(
  stream: Stream,
  filters: readonly string[],
  after: Sequence,
  signal: AbortSignal,
): Promise<LiveFeed> {
  const name = `jetfold-${randomUUID()}`;
  const inbox = newInbox(stream);
  const feed = new PushFeed(stream, name, inbox);
  try {
    const config = { ...consumerConfig(name, inbox, after), ...filterConfig(filters) };
    await callApi(stream, createCall(stream, name, filters), body(stream, config), signal);
    return feed;
  } catch (error) {
    await feed.close();
    throw error;
  }
}

function body(stream: Stream, config: object): object {
  return { stream_name: stream.name, config, action: "create" };
}

function consumerConfig(name: string, inbox: string, after: Sequence): object {
  return {
    name,
    deliver_subject: inbox,
    deliver_policy: "by_start_sequence",
    opt_start_seq: after + 1,
    ack_policy: "none",
    max_deliver: 1,
    replay_policy: "instant",
    mem_storage: true,
    num_replicas: 1,
    flow_control: true,
    idle_heartbeat: heartbeatMs * nanosPerMs,
    inactive_threshold: inactiveMs * nanosPerMs,
  };
}

function filterConfig(filters: readonly string[]): object {
  return filters.length === 1 ? { filter_subject: filters[0] } : { filter_subjects: filters };
}

/** With one filter it is part of the subject, so that rights can be given per filter. */
function createCall(stream: Stream, name: string, filters: readonly string[]): string {
  const call = `CONSUMER.CREATE.${stream.name}.${name}`;
  return filters.length === 1 ? `${call}.${filters[0]}` : call;
}

class PushFeed implements LiveFeed {
  readonly #stream: Stream;
  readonly #name: string;
  readonly #subscription: Subscription;
  readonly #silence: NodeJS.Timeout;
  #items: FeedItem[] = [];
  #flowReplies: string[] = [];
  #wake: (() => void) | undefined;
  #delivered = 0;
  #broken = false;
  #closing: Promise<void> | undefined;

  constructor(stream: Stream, name: string, inbox: string) {
    this.#stream = stream;
    this.#name = name;
    this.#silence = setTimeout(() => this.#break(), silenceMs);
    this.#subscription = stream.connection.subscribe(inbox, {
      callback: (error, message) => {
        // A throw in a subscription's callback ends the connection's reader (nats.js 3.4).
        try {
          if (error) this.#break();
          else this.#receive(message);
        } catch {
          this.#break();
        }
      },
    });
  }

  get broken(): boolean {
    return this.#broken;
  }

  async take(): Promise<readonly FeedItem[]> {
    this.#answerFlowControl();
    if (this.#items.length === 0 && this.#flowReplies.length === 0 && !this.#broken) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const items = this.#items;
    this.#items = [];
    return items;
  }

  /** Let the server send on, now that the reader is done with what came before it asked. */
  #answerFlowControl(): void {
    const { connection } = this.#stream;
    if (!connection.isClosed()) for (const reply of this.#flowReplies) connection.publish(reply);
    this.#flowReplies = [];
  }

  #receive(message: Msg): void {
    this.#silence.refresh();
    const status = message.headers?.code ?? 0;
    if (status === 0) return this.#deliver(message);
    if (status !== 100) return this.#break();
    if (message.reply) return this.#oweFlowReply(message.reply);
    this.#heartbeat(message);
  }

  #oweFlowReply(reply: string): void {
    this.#flowReplies.push(reply);
    this.#notify();
  }

  #deliver(message: Msg): void {
    const delivery = parseDelivery(message.reply ?? "");
    if (delivery === undefined || delivery.consumerSequence !== ++this.#delivered) {
      return this.#break();
    }
    const { sequence, timeMs } = delivery;
    const { data: payload, subject } = message;
    this.#push({ sequence, timeMs, ...parseSubject(this.#stream, subject), payload });
  }

  /** A heartbeat tells how much was sent: what did not come by then is lost. */
  #heartbeat({ headers }: Msg): void {
    if (Number(headers!.get("Nats-Last-Consumer")) !== this.#delivered) return this.#break();
    const stalled = headers!.get("Nats-Consumer-Stalled");
    if (stalled !== "") this.#oweFlowReply(stalled);
    const idleAt = Number(headers!.get("Nats-Last-Stream"));
    if (Number.isSafeInteger(idleAt)) this.#push({ idleAt });
  }

  #push(item: FeedItem): void {
    this.#items.push(item);
    this.#notify();
  }

  #break(): void {
    this.#broken = true;
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    clearTimeout(this.#silence);
    this.#break();
    const { connection, api, name } = this.#stream;
    if (connection.isClosed()) return;
    this.#subscription.unsubscribe();
    const subject = `${api}.CONSUMER.DELETE.${name}.${this.#name}`;
    // Best effort: a consumer that can't be deleted now is forgotten by the server soon after.
    await connection.request(subject, "", { timeout: 2_000 }).catch(() => undefined);
  }
}
