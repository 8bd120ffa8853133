import type { Msg, Subscription } from "@nats-io/nats-core";
import { randomUUID } from "node:crypto";
import { ConfigError, type Sequence } from "../../event/index.ts";
import type { StoredMessage } from "../../event/backend/index.ts";
import { safeCallback } from "./callback.ts";
import { parseDelivery } from "./delivery.ts";
import { createPushConsumer, deletePushConsumer, heartbeatMs } from "./push-consumer.ts";
import { newInbox } from "../inbox.ts";
import { parseSubject, type Stream } from "../stream.ts";

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
  /** Why no other feed would fare better, when it is broken for such a reason. */
  readonly failure: Error | undefined;
  /** Stop, and delete the server's consumer. Twice is once. */
  close(): Promise<void>;
}

/** A message, or the sequence up to which the server has nothing (more) to deliver. */
export type FeedItem = StoredMessage | { readonly idleAt: Sequence };

/** Three silent intervals mean that it does not live any more. */
const silenceMs = 3 * heartbeatMs;

/** So many heartbeats that tell of a stall which was answered mean that the answer is not let through. */
const maxStalls = 4;

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
  const inbox = newInbox(stream.connection);
  const feed = new PushFeed(stream, name, inbox);
  try {
    await createPushConsumer(stream, { name, inbox, filters, after }, signal);
    return feed;
  } catch (error) {
    await feed.close();
    throw error;
  }
}

class PushFeed implements LiveFeed {
  readonly #stream: Stream;
  readonly #name: string;
  readonly #subscription: Subscription;
  readonly #silence: NodeJS.Timeout;
  #items: FeedItem[] = [];
  #flowReplies: string[] = [];
  #wake: (() => void) | undefined;
  #answered: string | undefined;
  #stalls = 0;
  #failure: Error | undefined;
  #delivered = 0;
  #broken = false;
  #closing: Promise<void> | undefined;

  constructor(stream: Stream, name: string, inbox: string) {
    this.#stream = stream;
    this.#name = name;
    this.#silence = setTimeout(() => this.#break(), silenceMs);
    this.#subscription = stream.connection.subscribe(inbox, {
      callback: safeCallback(
        (message) => this.#receive(message),
        () => this.#break(),
      ),
    });
  }

  get broken(): boolean {
    return this.#broken;
  }

  get failure(): Error | undefined {
    return this.#failure;
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
    this.#answered = this.#flowReplies.at(-1) ?? this.#answered;
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
    this.#stalls = 0;
    const { sequence, timeMs } = delivery;
    const { data: payload, subject } = message;
    this.#push({ sequence, timeMs, ...parseSubject(this.#stream, subject), payload });
  }

  /** A heartbeat tells how much was sent: what did not come by then is lost. */
  #heartbeat({ headers }: Msg): void {
    if (Number(headers!.get("Nats-Last-Consumer")) !== this.#delivered) return this.#break();
    const stalled = headers!.get("Nats-Consumer-Stalled");
    if (stalled !== "") this.#stall(stalled);
    const idleAt = Number(headers!.get("Nats-Last-Stream"));
    if (Number.isSafeInteger(idleAt)) this.#push({ idleAt });
  }

  /** The server waits for an answer; if it had one, the right to give it is missing. */
  #stall(reply: string): void {
    this.#stalls = reply === this.#answered ? this.#stalls + 1 : 0;
    if (this.#stalls < maxStalls) return this.#oweFlowReply(reply);
    const right = `$JS.FC.${this.#stream.name}.>`;
    this.#failure = new ConfigError(
      `the connection may not publish on ${right}: flow control stalls`,
    );
    this.#break();
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
    if (!this.#stream.connection.isClosed()) this.#subscription.unsubscribe();
    await deletePushConsumer(this.#stream, this.#name);
  }
}
