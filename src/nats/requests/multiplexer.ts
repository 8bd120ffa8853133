import type { Msg, NatsConnection, PublishOptions, Subscription } from "@nats-io/nats-core";
import { newInbox } from "../inbox.ts";
import { drained, type Failure, failureOf } from "./failure.ts";
import { InFlight } from "./in-flight.ts";
import { Lane } from "./lane.ts";
import type { Ahead, Outgoing, Reply } from "./outgoing.ts";
import { overdue } from "./overdue.ts";
import { Pulse } from "./pulse.ts";
import { numberAt, secretLength, Secrets } from "./reply-token.ts";
import { ReplySize } from "./reply-size.ts";
import { Ticker } from "./ticker.ts";
import {
  failureFor,
  isNoResponders,
  newPart,
  newWaiter,
  type Part,
  sentAtOf,
  type Take,
  type Waiter,
  waitsFrom,
} from "./waiter.ts";
import { Waiters } from "./waiters.ts";
import { watchConnection } from "./watch-connection.ts";

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
  readonly #ticker = new Ticker(
    () => this.#expire(),
    () => this.#waiters.size > 0,
  );
  readonly #pulse: Pulse;
  readonly #inFlight = new InFlight<Waiter | Part>(
    (turn) => ("waiter" in turn ? this.#sendPart(turn) : this.#send(turn)),
    () => this.#askForLife(),
  );
  readonly #groups = new Lane<Waiter>((waiter) => this.#enterGroup(waiter));
  readonly #replySize: ReplySize;
  readonly #stopWatching: () => void;
  #subscription: Subscription | undefined;
  #closing = false;
  /** What is wrong with the stream for which is asked, once that is certain: asking again is in vain. */
  verdict: () => Error | undefined = () => undefined;
  #interruptions = 0;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#prefix = `${newInbox(connection)}.`;
    this.#pulse = new Pulse(connection);
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

  /**
   * One request, one reply, and what `read` makes of it: undefined when it can't be the answer, and
   * then the real one is still waited for. @throws what it throws
   */
  askFor<Answer>(
    outgoing: Outgoing,
    read: (reply: Reply, sentAt: number) => Answer | Promise<Answer> | undefined,
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
    const replyBytes = outgoing.replyBytes ?? this.#replySize.guess;
    const waiter = newWaiter(outgoing, take, this.#secrets.next(), replyBytes);
    this.#waiters.add(waiter);
    this.#ticker.start();
    if (outgoing.ahead === undefined) this.#inFlight.enter(waiter);
    else this.#groups.enter(waiter);
    if (waiter.sentAt === Infinity) waitsFrom(waiter, performance.now());
    return waiter;
  }

  #enterGroup(waiter: Waiter): boolean {
    if (!this.#isWanted(waiter, performance.now(), waiter.beginBy)) return false;
    waiter.inGroup = true;
    for (const message of waiter.outgoing.ahead!) this.#inFlight.enter(newPart(waiter, message));
    this.#inFlight.enter(waiter);
    return true;
  }

  /** Leave nothing behind: stop listening as soon as nothing waits. */
  close(): void {
    this.#closing = true;
    if (this.#waiters.size === 0) this.#release();
  }

  #release(): void {
    this.#stopWatching();
    this.#ticker.stop();
    if (!this.#connection.isClosed()) this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  /** Nothing is sent for a caller who has given up, or is about to. */
  #isWanted(waiter: Waiter, now: number, until: number): boolean {
    if (this.#waiters.find(waiter.token) === undefined) return false;
    if (waiter.outgoing.signal?.aborted) this.#end(waiter);
    else if (now >= until) this.#fail(waiter, "unsent");
    return this.#waiters.find(waiter.token) !== undefined;
  }

  #sendPart({ waiter, message }: Part): boolean {
    if (!this.#isWanted(waiter, performance.now(), waiter.limitAt)) return false;
    return this.#publish(waiter, message, message.headers ? { headers: message.headers } : {});
  }

  #send(waiter: Waiter): boolean {
    const now = performance.now();
    const until = waiter.inGroup ? waiter.limitAt : waiter.beginBy;
    if (!this.#isWanted(waiter, now, until)) return false;
    const { token, secret, outgoing } = waiter;
    const { headers } = outgoing;
    const reply = this.#prefix + secret + token;
    if (!this.#publish(waiter, outgoing, headers ? { headers, reply } : { reply })) return false;
    waiter.sentAt = now;
    if (outgoing.deadline === undefined) waiter.limitAt = Infinity;
    return true;
  }

  #publish(waiter: Waiter, { subject, payload }: Ahead, options: PublishOptions): boolean {
    try {
      // What is sent while it is drained may be stored, and its answer is not heard any more.
      if (this.#connection.isDraining()) throw drained;
      this.#subscription ??= this.#listen();
      this.#connection.publish(subject, payload, options);
      return true;
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
    this.#pulse.heard = true;
    this.#inFlight.hasLeft(waiter.position);
    if (isNoResponders(message)) return this.#fail(waiter, "no-responders");
    const { replyBytes } = waiter.outgoing;
    const took = waiter.take(message, sentAtOf(waiter));
    if (took === "foreign") return;
    if (replyBytes === undefined) this.#replySize.saw(message.data.length);
    if (took === "over") return this.#end(waiter);
    waiter.since = performance.now();
  }

  #fail(waiter: Waiter, failure: Failure): void {
    this.#interruptions++;
    this.#end(waiter);
    waiter.take(failureFor(waiter, failure), sentAtOf(waiter));
  }

  #failAll(failure: Failure, subject?: string): void {
    for (const waiter of this.#waiters.all()) {
      if (subject === undefined || subject === waiter.outgoing.subject) this.#fail(waiter, failure);
    }
    // The client drops what has not left when the connection is lost.
    if (failure === "disconnected") this.#inFlight.hasLeft(this.#inFlight.handed);
  }

  #end(waiter: Waiter): void {
    if (!this.#waiters.remove(waiter)) return;
    if (waiter.sentAt !== Infinity) this.#inFlight.leave(waiter);
    if (waiter.inGroup) this.#groups.leave(waiter);
    if (this.#closing && this.#waiters.size === 0) this.#release();
  }

  #expire(): void {
    const now = performance.now();
    const signs = { left: this.#inFlight.left, ...this.#pulse.signs(now) };
    let asks = false;
    for (const waiter of this.#waiters.all()) {
      const end = overdue(waiter, signs, now);
      if (end === "ask") asks = true;
      else if (end !== undefined) this.#fail(waiter, end);
    }
    if (asks) this.#askForLife();
  }

  #askForLife(): void {
    const { handed } = this.#inFlight;
    this.#pulse.ask(() => {
      this.#inFlight.hasLeft(handed);
      this.#expire();
    });
  }
}
