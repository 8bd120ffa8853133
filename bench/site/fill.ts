import { jetstreamManager } from "@nats-io/jetstream";
import { createInbox, type MsgHdrs, type NatsConnection } from "@nats-io/nats-core";
import type { Context } from "../harness/scenario.ts";
import { deposited } from "../work/account.ts";
import { frameOf, Heads } from "../work/frames.ts";
import { createPlainStream, messagesIn, plainName } from "./plain-stream.ts";
import { appendHeaders, type RawMessage } from "./raw-append.ts";
import { type Site, storeName } from "./site.ts";

/** What a stream is filled with: commits of one event each, so the n-th has sequence n + 1. */
export interface Filling {
  readonly total: number;
  readonly aggregates: number;
  /** Which aggregate, from 0, the n-th commit is of. */
  aggregateOf(n: number): number;
  addressOf(aggregate: number): { readonly family: string; readonly id: string };
}

/** Fill the store's stream with commits as jetfold writes them; the store must exist and be empty. */
export async function fillStore(context: Context, site: Site, filling: Filling): Promise<void> {
  const heads = new Heads(filling.aggregates);
  await fill(context, site, storeName, filling.total, (n) => {
    const aggregate = filling.aggregateOf(n);
    const { family, id } = filling.addressOf(aggregate);
    const head = heads.of(aggregate);
    const { payload, commitId, checksum } = frameOf(family, id, head);
    heads.advance(aggregate, n + 1, checksum);
    const subject = `${storeName}.${family}.${id}`;
    return { subject, payload, headers: appendHeaders(subject, head.sequence, commitId) };
  });
}

/** Fill the stream that nats.js reads with the same events in the same order, as JSON. */
export async function fillPlain(context: Context, site: Site, filling: Filling): Promise<void> {
  await createPlainStream(await site.connect());
  const lasts = new Float64Array(filling.aggregates);
  const encoder = new TextEncoder();
  await fill(context, site, plainName, filling.total, (n) => {
    const aggregate = filling.aggregateOf(n);
    const { family, id } = filling.addressOf(aggregate);
    const subject = `${plainName}.${family}.${id}`;
    const all = appendHeaders(subject, lasts[aggregate]!, String(n));
    lasts[aggregate] = n + 1;
    return { subject, payload: encoder.encode(JSON.stringify(deposited(n))), headers: all };
  });
}

async function fill(
  context: Context,
  site: Site,
  stream: string,
  total: number,
  messageOf: (n: number) => RawMessage,
): Promise<void> {
  const connection = await site.connect();
  const start = performance.now();
  await setDuplicateWindow(connection, stream, 0.1);
  await publishPaced(context, connection, total, messageOf);
  await setDuplicateWindow(connection, stream, 60);
  const stored = await messagesIn(connection, stream);
  if (stored !== total) throw new Error(`${stored} of ${total} messages are in ${stream}`);
  const perSecond = Math.round(total / (performance.now() - start));
  context.say(`filled ${stream} with ${total} messages at ${perSecond} k/s`);
}

/** The server remembers every message id for so long, and millions of them would be its memory. */
async function setDuplicateWindow(
  connection: NatsConnection,
  stream: string,
  seconds: number,
): Promise<void> {
  const manager = await jetstreamManager(connection);
  await manager.streams.update(stream, { duplicate_window: seconds * 1e9 });
}

/** One message in so many asks for an acknowledgement; so many of these may be on their way. */
const pace = 250;
const window = 12;

async function publishPaced(
  { signal, say }: Context,
  connection: NatsConnection,
  total: number,
  messageOf: (n: number) => RawMessage,
): Promise<void> {
  const inbox = createInbox();
  let owed = 0;
  let wake: () => void = () => undefined;
  const subscription = connection.subscribe(`${inbox}.*`, {
    callback: () => {
      owed--;
      wake();
    },
  });
  const below = async (limit: number): Promise<void> => {
    while (owed > limit) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  for (let n = 0; n < total; n++) {
    const { subject, payload, headers } = messageOf(n);
    const last = n === total - 1 || n % pace === 0;
    connection.publish(subject, payload, optionsOf(headers, last ? `${inbox}.${n}` : undefined));
    if (!last) continue;
    owed++;
    await below(n === total - 1 ? 0 : window);
    if (n % 500_000 === 0 && n > 0) say(`filling, ${n / 1000} k of ${total / 1000} k`);
  }
  subscription.unsubscribe();
}

function optionsOf(headers: MsgHdrs, reply: string | undefined): object {
  return reply === undefined ? { headers } : { headers, reply };
}
