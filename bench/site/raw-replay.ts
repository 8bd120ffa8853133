import { randomUUID } from "node:crypto";
import { createInbox, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { storeName } from "./site.ts";

/** What is read by a raw push subscription. */
export interface RawPush {
  /** Only this subject, which may have a wildcard; everything when absent. */
  readonly filter?: string;
  /** Given every message. */
  take(message: Msg): void;
}

const consumerOptions = {
  deliver_policy: "all",
  ack_policy: "none",
  max_deliver: 1,
  replay_policy: "instant",
  mem_storage: true,
  num_replicas: 1,
  flow_control: true,
  idle_heartbeat: 1e9,
  inactive_threshold: 10e9,
};

/**
 * Read the store's stream by a push consumer from its start, with flow control answered at once.
 * @returns what deletes the consumer
 */
export async function openRawPush(
  connection: NatsConnection,
  { filter, take }: RawPush,
): Promise<() => Promise<void>> {
  const name = `bench-${randomUUID()}`;
  const inbox = createInbox();
  const subscription = connection.subscribe(inbox, {
    callback: (_, message) => {
      const flowControlOrHeartbeat = message.data.length === 0 && message.headers?.code === 100;
      if (!flowControlOrHeartbeat) take(message);
      else if (message.reply) connection.publish(message.reply);
    },
  });
  await createConsumer(connection, name, inbox, filter);
  return async () => {
    subscription.unsubscribe();
    await connection.request(`$JS.API.CONSUMER.DELETE.${storeName}.${name}`);
  };
}

/** Read until so many messages came; they are only counted unless there is a `take`. */
export async function rawReplay(
  connection: NatsConnection,
  expected: number,
  { filter, take }: Partial<RawPush> = {},
): Promise<void> {
  let count = 0;
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const close = await openRawPush(connection, {
    ...(filter === undefined ? {} : { filter }),
    take: (message) => {
      take?.(message);
      if (++count === expected) finish();
    },
  });
  await done;
  await close();
}

async function createConsumer(
  connection: NatsConnection,
  name: string,
  inbox: string,
  filter: string | undefined,
): Promise<void> {
  const filtered = filter === undefined ? {} : { filter_subject: filter };
  const config = { ...consumerOptions, ...filtered, name, deliver_subject: inbox };
  const subject = `$JS.API.CONSUMER.CREATE.${storeName}.${name}`;
  const body = JSON.stringify({ stream_name: storeName, config, action: "create" });
  const call = filter === undefined ? subject : `${subject}.${filter}`;
  const reply = await connection.request(call, body, { timeout: 10_000 });
  const { error } = reply.json<{ readonly error?: { readonly description: string } }>();
  if (error !== undefined) throw new Error(`no push consumer: ${error.description}`);
}
