import type { Msg, MsgHdrs, NatsConnection, Subscription } from "@nats-io/nats-core";
import { newInbox } from "../inbox.ts";
import { type Failure, failureOf } from "./failure.ts";
import { InFlight } from "./in-flight.ts";
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

type Take = (reply: Reply, sentAt: number) => boolean;

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
  readonly #waiters = new Waiters<Waiter>();
  readonly #inFlight = new InFlight<Waiter>((waiter) => this.#send(waiter));
  readonly #replySize: ReplySize;
  readonly #stopWatching: () => void;
  #subscription: Subscription | undefined;
  #closing = false;
  #ticking: NodeJS.Timeout | undefined;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#prefix = `${newInbox(connection)}.`;
    this.#replySize = new ReplySize(connection.info?.max_payload ?? 1 << 20);
    this.#stopWatching = watchConnection(connection, (failure, subject) =>
      this.#failAll(failure, subject),
    );
  }

  /** How many requests wait for a reply or their turn. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** One request, one reply. Never rejects. */
  ask(outgoing: Outgoing): Promise<Reply> {
    return this.askFor(outgoing, (reply) => reply);
  }

  /** One request, one reply, and what `read` makes of it. @throws what it throws */
  askFor<Answer>(
    outgoing: Outgoing,
    read: (reply: Reply, sentAt: number) => Answer,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#begin(outgoing, (reply, sentAt) => {
        try {
          resolve(read(reply, sentAt));
        } catch (error) {
          reject(error);
        }
        return true;
      });
    });
  }

  /**
   * One request, several replies: `take` is called for each, until it returns true. After a failure
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
    const { token, outgoing } = waiter;
    const { subject, payload, headers, signal, timeoutMs } = outgoing;
    if (signal?.aborted) this.#waiters.remove(waiter);
    if (this.#waiters.find(token) === undefined) return false;
    try {
      this.#subscription ??= this.#listen();
      const reply = this.#prefix + token;
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
    const waiter = this.#waiters.find(numberAt(message.subject, this.#prefix.length));
    if (waiter === undefined) return;
    if (isNoResponders(message)) return this.#fail(waiter, "no-responders");
    const { replyBytes, timeoutMs } = waiter.outgoing;
    if (replyBytes === undefined) this.#replySize.saw(message.data.length);
    if (waiter.take(message, waiter.expiresAt - timeoutMs)) return this.#end(waiter);
    waiter.expiresAt = performance.now() + timeoutMs;
  }

  #fail(waiter: Waiter, failure: Failure): void {
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
  readonly outgoing: Outgoing;
  readonly take: Take;
  readonly bytes: number;
  /** By `performance.now()`. */
  expiresAt: number;
  /** Its turn came, so it counts as under way. */
  started: boolean;
}

/** The decimal number that a text ends with, from an offset on; NaN when it is none. */
function numberAt(text: string, offset: number): number {
  let value = offset < text.length ? 0 : NaN;
  for (let i = offset; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : NaN;
  }
  return value;
}

/** The server's word that nobody serves a subject (2.2): status 503 and nothing else. */
function isNoResponders(message: Msg): boolean {
  return message.data.length === 0 && message.headers?.code === 503;
}
