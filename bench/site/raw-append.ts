import { createInbox, headers, type MsgHdrs, type NatsConnection } from "@nats-io/nats-core";
import { frameOf } from "../work/frames.ts";
import { storeName } from "./site.ts";

/** A message as jetfold would send it, made before the clock starts. */
export interface RawMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: MsgHdrs;
}

/** The headers of an append: what it expects, and its id for the server's duplicate window. */
export function appendHeaders(subject: string, expected: number, commitId: string): MsgHdrs {
  const all = headers();
  all.set("Nats-Expected-Last-Subject-Sequence", String(expected));
  all.set("Nats-Msg-Id", `${subject}:${commitId}`);
  return all;
}

/** The first commit of a new aggregate, as jetfold would send it. */
export function rawCommit(family: string, id: string, events = 1): RawMessage {
  const { payload, commitId } = frameOf(family, id, undefined, events);
  const subject = `${storeName}.${family}.${id}`;
  return { subject, payload, headers: appendHeaders(subject, 0, commitId) };
}

/** Publishes with one wildcard reply inbox; acknowledgements are counted and not parsed. */
export class RawAppender {
  readonly #connection: NatsConnection;
  readonly #inbox: string = createInbox();
  #token = 0;
  #onAcknowledged: () => void = () => undefined;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    connection.subscribe(`${this.#inbox}.*`, { callback: () => this.#onAcknowledged() });
  }

  /** One append, awaited: a raw request. */
  async append(message: RawMessage): Promise<void> {
    const acknowledged = new Promise<void>((resolve) => (this.#onAcknowledged = resolve));
    this.#send(message);
    await acknowledged;
  }

  /** All of them, so many in flight; settles with the last acknowledgement. */
  async appendAll(messages: readonly RawMessage[], inFlight: number): Promise<void> {
    let sent = 0;
    let acknowledged = 0;
    const sendNext = (): void => {
      if (sent < messages.length) this.#send(messages[sent++]!);
    };
    await new Promise<void>((resolve) => {
      this.#onAcknowledged = () => {
        acknowledged++;
        if (acknowledged === messages.length) resolve();
        else sendNext();
      };
      for (let i = 0; i < inFlight; i++) sendNext();
    });
  }

  #send({ subject, payload, headers: all }: RawMessage): void {
    const reply = `${this.#inbox}.${this.#token++}`;
    this.#connection.publish(subject, payload, { headers: all, reply });
  }
}
