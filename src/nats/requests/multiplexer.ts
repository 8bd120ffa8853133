import type { Msg, MsgHdrs, NatsConnection, Subscription } from "@nats-io/nats-core";
import { newInbox } from "../inbox.ts";
import { headerBlock, serverStatus } from "../raw-message.ts";
import { type Failure, failureOf } from "./failure.ts";
import { InFlight } from "./in-flight.ts";
import { numberAt, secretLength, Secrets } from "./reply-token.ts";
import { ReplySize } from "./reply-size.ts";
import { Waiters } from "./waiters.ts";
import { watchConnection } from "./watch-connection.ts";

/** What a request came to. */
export type Reply = Msg | Failure;

/** A request to be sent. */
export interface Outgoing {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly headers?: MsgHdrs | undefined;
  /** How large all replies may be, in bytes. @default a stored message, by what others were */
  readonly replyBytes?: number;
  /** How long each reply may take, in milliseconds; waiting for its turn does not count. */
  readonly timeoutMs: number;
  /** Aborted before its turn, it is not sent. */
  readonly signal?: AbortSignal | undefined;
}

/** What a reply meant: it was the last one, others follow, or it can't be an answer and is passed over. */
type Took = "over" | "more" | "foreign";

type Take = (reply: Reply, sentAt: number) => Took;

/** How often deadlines are looked at, in milliseconds. */
const tickMs = 10;

/** How long a request may wait for its turn, in milliseconds. */
const turnMs = 15_000;

/**
 * Requests of one connection over one inbox: a map from token to waiter, one timer for all of them.
 * The client's own `request` costs a timer, an error and two promises each (nats.js 3.4: 41 us of
 * CPU for a publish that is acknowledged; this way 5 to 9).
 *
 * A request whose connection is lost is told so at once: the client drops what it has not sent when
 * it reconnects, and answers to what it has sent do not come any more.
 */
export class Multiplexer {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #secrets = new Secrets();
  readonly #waiters = new Waiters<Waiter>();
  readonly #inFlight = new InFlight<Waiter>((waiter) => this.#send(waiter));
  readonly #replySize: ReplySize;
  readonly #stopWatching: () => void;
  #subscription: Subscription | undefined;
  #closing = false;
  #interruptions = 0;
  #ticking: NodeJS.Timeout | undefined;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#prefix = `${newInbox(connection)}.`;
    this.#replySize = new ReplySize(connection.info?.max_payload ?? 1 << 20);
    this.#stopWatching = watchConnection(connection, (failure, subject) => {
      this.#interruptions++;
      this.#failAll(failure, subject);
    });
  }

  /** Grows when the connection breaks or comes back, and when a request is left without a reply. */
  get interruptions(): number {
    return this.#interruptions;
  }

  /** How many requests wait for a reply or their turn. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** One request, one reply. Never rejects. */
  ask(outgoing: Outgoing): Promise<Reply> {
    return this.askFor(outgoing, (reply) => reply);
  }

  /**
   * One request, one reply, and what `read` makes of it: undefined when it can't be the answer, and
   * then the real one is still waited for. @throws what it throws
   */
  askFor<Answer>(
    outgoing: Outgoing,
    read: (reply: Reply, sentAt: number) => Answer | undefined,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#begin(outgoing, (reply, sentAt) => {
        try {
          const answer = read(reply, sentAt);
          if (answer === undefined) return "foreign";
          resolve(answer);
        } catch (error) {
          reject(error);
        }
        return "over";
      });
    });
  }

  /**
   * One request, several replies: `take` is called for each, until they are over. After a failure
   * it is not called again. It must not throw. It is told when the request was sent (or the last
   * reply came), by `performance.now()`.
   * @returns stops listening
   */
  open(outgoing: Outgoing, take: Take): () => void {
    const waiter = this.#begin(outgoing, take);
    return () => this.#end(waiter);
  }

  #begin(outgoing: Outgoing, take: Take): Waiter {
    const { payload, replyBytes } = outgoing;
    const waiter: Waiter = {
      token: -1,
      secret: this.#secrets.next(),
      outgoing,
      take,
      expiresAt: Infinity,
      bytes: payload.length + (replyBytes ?? this.#replySize.guess),
      started: false,
    };
    this.#waiters.add(waiter);
    this.#tick();
    this.#inFlight.enter(waiter);
    if (!waiter.started) waiter.expiresAt = performance.now() + turnMs;
    return waiter;
  }

  /** Leave nothing behind: stop listening as soon as nothing waits. */
  close(): void {
    this.#closing = true;
    if (this.#waiters.size === 0) this.#release();
  }

  #release(): void {
    this.#stopWatching();
    clearTimeout(this.#ticking);
    this.#ticking = undefined;
    if (!this.#connection.isClosed()) this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  #send(waiter: Waiter): boolean {
    const { token, secret, outgoing } = waiter;
    const { subject, payload, headers, signal, timeoutMs } = outgoing;
    if (signal?.aborted) this.#waiters.remove(waiter);
    if (this.#waiters.find(token) === undefined) return false;
    try {
      this.#subscription ??= this.#listen();
      const reply = this.#prefix + secret + token;
      this.#connection.publish(subject, payload, headers ? { headers, reply } : { reply });
      waiter.expiresAt = performance.now() + timeoutMs;
      return (waiter.started = true);
    } catch (error) {
      this.#fail(waiter, failureOf(error, this.#connection));
      return false;
    }
  }

  #listen(): Subscription {
    return this.#connection.subscribe(`${this.#prefix}*`, {
      callback: (error, message) => {
        if (!error) return this.#receive(message);
        this.#subscription = undefined;
        this.#failAll(failureOf(error, this.#connection));
      },
    });
  }

  #receive(message: Msg): void {
    const { subject } = message;
    const start = this.#prefix.length;
    const waiter = this.#waiters.find(numberAt(subject, start + secretLength));
    if (waiter === undefined || !subject.startsWith(waiter.secret, start)) return;
    if (isNoResponders(message)) return this.#fail(waiter, "no-responders");
    const { replyBytes, timeoutMs } = waiter.outgoing;
    const took = waiter.take(message, waiter.expiresAt - timeoutMs);
    if (took === "foreign") return;
    if (replyBytes === undefined) this.#replySize.saw(message.data.length);
    if (took === "over") return this.#end(waiter);
    waiter.expiresAt = performance.now() + timeoutMs;
  }

  #fail(waiter: Waiter, failure: Failure): void {
    this.#interruptions++;
    this.#end(waiter);
    waiter.take(failure, waiter.expiresAt - waiter.outgoing.timeoutMs);
  }

  #failAll(failure: Failure, subject?: string): void {
    for (const waiter of this.#waiters.all()) {
      const concerns = subject === undefined || subject === waiter.outgoing.subject;
      if (concerns) this.#fail(waiter, failure);
    }
  }

  #end(waiter: Waiter): void {
    if (!this.#waiters.remove(waiter)) return;
    if (waiter.started) this.#inFlight.leave(waiter.bytes);
    if (this.#closing && this.#waiters.size === 0) this.#release();
  }

  #tick(): void {
    if (this.#ticking !== undefined) return;
    const due = performance.now() + tickMs;
    this.#ticking = setTimeout(() => {
      this.#ticking = undefined;
      // A tick that comes late tells that this process was busy: what waits to be read comes first.
      if (performance.now() < due + tickMs) this.#expire();
      else setImmediate(() => this.#expire());
      if (this.#waiters.size > 0) this.#tick();
    }, tickMs);
  }

  #expire(): void {
    const now = performance.now();
    for (const waiter of this.#waiters.all()) {
      if (waiter.expiresAt <= now) this.#fail(waiter, "timeout");
    }
  }
}

interface Waiter {
  token: number;
  /** What stands before the number in its reply subject: only who was asked knows it. */
  readonly secret: string;
  readonly outgoing: Outgoing;
  readonly take: Take;
  readonly bytes: number;
  /** By `performance.now()`. */
  expiresAt: number;
  /** Its turn came, so it counts as under way. */
  started: boolean;
}

/** The server's word that nobody serves a subject (2.2): an empty message of status 503. */
function isNoResponders(message: Msg): boolean {
  return message.data.length === 0 && serverStatus(headerBlock(message)) === 503;
}
