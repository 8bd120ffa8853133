import type { Msg, MsgHdrs, NatsConnection, Subscription } from "@nats-io/nats-core";
import { newInbox } from "../inbox.ts";
import { type Failure, failureOf } from "./failure.ts";
import { InFlight } from "./in-flight.ts";
import { ReplySize } from "./reply-size.ts";
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
  readonly #waiters = new Map<string, Waiter>();
  readonly #inFlight = new InFlight();
  readonly #replySize: ReplySize;
  readonly #stopWatching: () => void;
  #subscription: Subscription | undefined;
  #sent = 0;
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
    return new Promise((resolve) => {
      this.open(outgoing, (reply) => {
        resolve(reply);
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
    const { subject, payload, timeoutMs, replyBytes } = outgoing;
    const token = (this.#sent++).toString(36);
    const waiter: Waiter = {
      subject,
      take,
      timeoutMs,
      expiresAt: performance.now() + turnMs,
      bytes: payload.length + (replyBytes ?? this.#replySize.guess),
      guessed: replyBytes === undefined,
      started: false,
    };
    this.#waiters.set(token, waiter);
    this.#tick();
    this.#inFlight.enter(waiter.bytes, () => this.#send(token, waiter, outgoing));
    return () => this.#end(token, waiter);
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

  #send(token: string, waiter: Waiter, { subject, payload, headers, signal }: Outgoing): boolean {
    if (signal?.aborted) this.#waiters.delete(token);
    if (!this.#waiters.has(token)) return false;
    try {
      this.#subscription ??= this.#listen();
      const reply = this.#prefix + token;
      this.#connection.publish(subject, payload, headers ? { headers, reply } : { reply });
      waiter.expiresAt = performance.now() + waiter.timeoutMs;
      return (waiter.started = true);
    } catch (error) {
      this.#fail(token, waiter, failureOf(error, this.#connection));
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
    const token = message.subject.slice(this.#prefix.length);
    const waiter = this.#waiters.get(token);
    if (waiter === undefined) return;
    if (isNoResponders(message)) return this.#fail(token, waiter, "no-responders");
    if (waiter.guessed) this.#replySize.saw(message.data.length);
    if (waiter.take(message, waiter.expiresAt - waiter.timeoutMs)) return this.#end(token, waiter);
    waiter.expiresAt = performance.now() + waiter.timeoutMs;
  }

  #fail(token: string, waiter: Waiter, failure: Failure): void {
    this.#end(token, waiter);
    waiter.take(failure, waiter.expiresAt - waiter.timeoutMs);
  }

  #failAll(failure: Failure, subject?: string): void {
    for (const [token, waiter] of this.#waiters) {
      if (subject === undefined || subject === waiter.subject) this.#fail(token, waiter, failure);
    }
  }

  #end(token: string, waiter: Waiter): void {
    if (!this.#waiters.delete(token)) return;
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
    for (const [token, waiter] of this.#waiters) {
      if (waiter.expiresAt <= now) this.#fail(token, waiter, "timeout");
    }
  }
}

interface Waiter {
  readonly subject: string;
  readonly take: Take;
  readonly timeoutMs: number;
  readonly bytes: number;
  readonly guessed: boolean;
  /** By `performance.now()`. */
  expiresAt: number;
  /** Its turn came, so it counts as under way. */
  started: boolean;
}

/** The server's word that nobody serves a subject (2.2): status 503 and nothing else. */
function isNoResponders(message: Msg): boolean {
  return message.data.length === 0 && message.headers?.code === 503;
}
