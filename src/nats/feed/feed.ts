import type { Msg, Subscription } from "@nats-io/nats-core";
import { randomUUID } from "node:crypto";
import { ConfigError, type Sequence } from "../../event/index.ts";
import type { Deadline, StoredMessage } from "../../event/backend/index.ts";
import { newInbox } from "../inbox.ts";
import type { Names, Stream } from "../stream.ts";
import { safeCallback } from "./callback.ts";
import { DeliveryReader } from "./delivery-reader.ts";
import { createPushConsumer, deletePushConsumer } from "./push-consumer.ts";

/**
 * A push consumer of the server's (ADR-15, ADR-17: ordered, flow-controlled), of which nothing is
 * ever acknowledged: it either delivers every message in order or is broken, and then another one
 * takes over after the last message.
 *
 * The server sends at most what its flow control allows, and goes on once this side has answered;
 * the answer is given when the reader has taken what came before, so a slow reader slows the server.
 */
export interface Feed {
  /**
   * What came since the last call; waits until something comes. Calling it says that what the last
   * call gave is dealt with. May be empty; once the feed is broken or closed, it is at once.
   */
  take(): Promise<FeedBatch>;
  readonly broken: boolean;
  /** Why no other feed would fare better, when it is broken for such a reason. */
  readonly failure: Error | undefined;
  /**
   * Stop, and delete the server's consumer. Twice is once. Never rejects, so who was aborted need
   * not wait for it.
   */
  close(): Promise<void>;
}

/** What a feed gives at a time. */
export interface FeedBatch {
  /** Selected messages, in order. */
  readonly messages: readonly StoredMessage[];
  /** The sequence up to which the server had nothing more to deliver, at some moment. */
  readonly idleAt: Sequence | undefined;
}

/** What a feed is to deliver. */
export interface FeedOptions {
  /** Subjects without overlap; none for all of the stream. */
  readonly filters: readonly string[];
  /** The aggregate of a subject that is wanted; of others nothing but their number is looked at. */
  readonly select: (subject: string) => Names | undefined;
  /** Exclusive. */
  readonly after: Sequence;
  /** How often an idle server says that it lives, in milliseconds. */
  readonly heartbeatMs: number;
}

/** So many silent intervals mean that it does not live any more. */
const maxSilent = 3;

/** So many heartbeats that tell of a stall which was answered mean that the answer is not let through. */
const maxStalls = 4;

/**
 * Create a consumer and listen to it.
 * @param deadline - until when it is tried; 15 s unless told otherwise
 * @throws {@link ApiError} when the server refuses
 */
export async function openFeed(
  stream: Stream,
  options: FeedOptions,
  signal: AbortSignal,
  deadline?: Deadline,
): Promise<Feed> {
  const name = `jetfold-${randomUUID()}`;
  const inbox = newInbox(stream.connection);
  const feed = new PushFeed(stream, options, name, inbox);
  try {
    await createPushConsumer(stream, { name, inbox, ...options }, signal, deadline);
    feed.created = true;
    return feed;
  } catch (error) {
    const closed = feed.close();
    if (!signal.aborted) await closed;
    throw error;
  }
}

class PushFeed implements Feed {
  readonly #stream: Stream;
  readonly #select: FeedOptions["select"];
  readonly #name: string;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #silence: NodeJS.Timeout;
  readonly #delivery = new DeliveryReader();
  #messages: StoredMessage[] = [];
  #idleAt: Sequence | undefined;
  #flowReplies: string[] = [];
  #wake: (() => void) | undefined;
  #answered: string | undefined;
  #stalls = 0;
  #failure: Error | undefined;
  #delivered = 0;
  #heard = false;
  #broken = false;
  #closing: Promise<void> | undefined;
  /** The server has said so. */
  created = false;

  constructor(stream: Stream, options: FeedOptions, name: string, inbox: string) {
    this.#stream = stream;
    this.#select = options.select;
    this.#name = name;
    this.#inbox = inbox;
    this.#silence = setInterval(() => this.#listen(), maxSilent * options.heartbeatMs);
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

  async take(): Promise<FeedBatch> {
    this.#answerFlowControl();
    const nothing = this.#messages.length === 0 && this.#idleAt === undefined;
    if (nothing && this.#flowReplies.length === 0 && !this.#broken) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const batch = { messages: this.#messages, idleAt: this.#idleAt };
    this.#messages = [];
    this.#idleAt = undefined;
    return batch;
  }

  /** Let the server send on, now that the reader is done with what came before it asked. */
  #answerFlowControl(): void {
    const { connection } = this.#stream;
    if (!connection.isClosed()) for (const reply of this.#flowReplies) connection.publish(reply);
    this.#answered = this.#flowReplies.at(-1) ?? this.#answered;
    this.#flowReplies = [];
  }

  /** What is delivered keeps its own subject; what the server says comes on the inbox. */
  #receive(message: Msg): void {
    this.#heard = true;
    const { subject } = message;
    if (subject !== this.#inbox) return this.#deliver(message, subject);
    if (message.headers?.code !== 100) return this.#break();
    if (message.reply) return this.#oweFlowReply(message.reply);
    this.#heartbeat(message);
  }

  #oweFlowReply(reply: string): void {
    this.#flowReplies.push(reply);
    this.#notify();
  }

  #deliver(message: Msg, subject: string): void {
    this.#delivered++;
    const names = this.#select(subject);
    if (names === undefined || this.#broken) return;
    const delivery = this.#delivery;
    const sound = delivery.read(message.reply ?? "");
    if (!sound || delivery.consumerSequence !== this.#delivered) return this.#break();
    this.#stalls = 0;
    const { sequence, timeMs } = delivery;
    const { family, id } = names;
    this.#messages.push({ sequence, timeMs, family, id, payload: message.data });
    this.#idleAt = delivery.pending === 0 ? sequence : undefined;
    this.#notify();
  }

  /** A heartbeat tells how much was sent: what did not come by then is lost. */
  #heartbeat({ headers }: Msg): void {
    if (Number(headers!.get("Nats-Last-Consumer")) !== this.#delivered) return this.#break();
    const stalled = headers!.get("Nats-Consumer-Stalled");
    if (stalled !== "") this.#stall(stalled);
    const idleAt = Number(headers!.get("Nats-Last-Stream"));
    if (!Number.isSafeInteger(idleAt)) return;
    this.#idleAt = idleAt;
    this.#notify();
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

  #listen(): void {
    if (!this.#heard) this.#break();
    this.#heard = false;
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
    clearInterval(this.#silence);
    this.#break();
    if (!this.#stream.connection.isClosed()) this.#subscription.unsubscribe();
    await deletePushConsumer(this.#stream, this.#name, !this.created);
  }
}
