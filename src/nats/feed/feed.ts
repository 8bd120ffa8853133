import type { Msg, Subscription } from "@nats-io/nats-core";
import { randomUUID } from "node:crypto";
import { ClosedError, type Sequence } from "../../event/index.ts";
import type { Deadline, StoredMessage } from "../../event/backend/index.ts";
import { every, nextTurn, type StopTimer } from "../../event/backend/timer.ts";
import { newInbox } from "../inbox.ts";
import { headerBlock, replyBytes, serverStatus, startsWith, subjectBytes } from "../raw-message.ts";
import type { Stream, SubjectSelect } from "../stream.ts";
import { Backlog } from "./backlog.ts";
import { safeCallback } from "./callback.ts";
import { DeliveryReader } from "./delivery-reader.ts";
import { FlowControl } from "./flow-control.ts";
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
  /** It was given up for a reader that is slow, and not by the server. */
  readonly retired: boolean;
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
  readonly select: SubjectSelect;
  /** Exclusive. */
  readonly after: Sequence;
  /** How often an idle server says that it lives, in milliseconds. */
  readonly heartbeatMs: number;
}

/** So many silent intervals mean that it does not live any more. */
const maxSilent = 3;

/**
 * So many bytes that wait for a slow reader end a feed: the server sends up to 32 MiB ahead, more
 * with every answer (nats-server 2.15), and only a new consumer begins with 2 MiB again.
 */
const retireBytes = 8 << 20;

/** So many, and what still comes from the server is dropped; another feed begins there. */
const maxBytes = 16 << 20;

/**
 * Create a consumer and listen to it.
 * @param deadline - until when it is tried; 15 s unless told otherwise
 * @throws {@link ClosedError}; as {@link callApi} when the server refuses
 */
export async function openFeed(
  stream: Stream,
  options: FeedOptions,
  signal: AbortSignal,
  deadline?: Deadline,
): Promise<Feed> {
  const { connection } = stream;
  if (connection.isClosed() || connection.isDraining()) {
    throw new ClosedError("the NATS connection is closed");
  }
  const name = `jetfold-${randomUUID()}`;
  const inbox = newInbox(connection);
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
  readonly #inbox: Buffer;
  readonly #subscription: Subscription;
  readonly #stopListening: StopTimer;
  readonly #delivery = new DeliveryReader();
  readonly #flow: FlowControl;
  readonly #backlog = new Backlog();
  #idleAt: Sequence | undefined;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;
  #delivered = 0;
  #heard = false;
  /** Whether the last call of take left nothing. */
  #gaveAll = true;
  #broken = false;
  #retired = false;
  #deleting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** The server has said so. */
  created = false;

  constructor(stream: Stream, options: FeedOptions, name: string, inbox: string) {
    this.#stream = stream;
    this.#select = options.select;
    this.#flow = new FlowControl(stream);
    this.#name = name;
    this.#inbox = Buffer.from(inbox);
    this.#stopListening = every(maxSilent * options.heartbeatMs, () => this.#listen());
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

  get retired(): boolean {
    return this.#retired;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  async take(): Promise<FeedBatch> {
    this.#flow.answer(this.#backlog.taken);
    if (!this.#backlog.isEmpty) {
      // A reader with enough to do for long lets the rest of its process have its turn.
      if (!this.#gaveAll) await nextTurn();
    } else if (this.#idleAt === undefined && !this.#broken) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const messages = this.#backlog.take();
    this.#gaveAll = this.#backlog.isEmpty;
    const idleAt = this.#gaveAll ? this.#idleAt : undefined;
    if (this.#gaveAll) this.#idleAt = undefined;
    return { messages, idleAt };
  }

  /** What is delivered keeps its own subject; what the server says comes on the inbox. */
  #receive(message: Msg): void {
    this.#heard = true;
    const subject = subjectBytes(message);
    if (!startsWith(subject, this.#inbox)) return this.#deliver(message, subject);
    if (serverStatus(headerBlock(message)) !== 100) return this.#break();
    if (message.reply) this.#flow.owe(message.reply, this.#backlog.received);
    else this.#heartbeat(message);
    this.#notify();
  }

  #deliver(message: Msg, subject: Buffer): void {
    this.#delivered++;
    const names = this.#select(subject);
    if (names === undefined || this.#broken) return;
    const delivery = this.#delivery;
    const reply = replyBytes(message);
    const sound = delivery.read(reply);
    if (!sound || delivery.consumerSequence !== this.#delivered) return this.#break();
    this.#flow.flows();
    const { sequence, timeMs } = delivery;
    const { family, id } = names;
    const { data: payload } = message;
    const bytes = payload.length + subject.length + reply.length;
    this.#backlog.add({ sequence, timeMs, family, id, payload }, bytes);
    this.#idleAt = delivery.pending === 0 ? sequence : undefined;
    if (this.#backlog.bytes > retireBytes) this.#retire();
    this.#notify();
  }

  /** The reader is too slow for what the server sends ahead: no more of it, for now. */
  #retire(): void {
    this.#retired = true;
    if (this.#backlog.bytes > maxBytes) this.#break();
    if (this.#deleting !== undefined) return;
    void this.#delete().then(() => this.#break());
  }

  /** A heartbeat tells how much was sent: what did not come by then is lost. */
  #heartbeat({ headers }: Msg): void {
    if (Number(headers!.get("Nats-Last-Consumer")) !== this.#delivered) return this.#break();
    const stalled = headers!.get("Nats-Consumer-Stalled");
    if (stalled !== "") this.#failure ??= this.#flow.stalled(stalled, this.#backlog.received);
    if (this.#failure !== undefined) return this.#break();
    const idleAt = Number(headers!.get("Nats-Last-Stream"));
    if (Number.isSafeInteger(idleAt)) this.#idleAt = idleAt;
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
    this.#stopListening();
    this.#break();
    if (!this.#stream.connection.isClosed()) this.#subscription.unsubscribe();
    await this.#delete();
  }

  #delete(): Promise<void> {
    return (this.#deleting ??= deletePushConsumer(this.#stream, this.#name, !this.created));
  }
}
