import { jetstreamManager, StoreCompression, type StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { storeName } from "./site.ts";

/** The stream that nats.js reads: the same events as plain messages of JSON. */
export const plainName = "plain";

const none = StoreCompression.None;

/** Create it with the settings of the store's stream, so that only the messages differ. */
export async function createPlainStream(connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection);
  const { config } = await manager.streams.info(storeName);
  const { storage, num_replicas, discard, duplicate_window, compression = none } = config;
  await manager.streams.add({
    name: plainName,
    subjects: [`${plainName}.*.*`],
    allow_direct: true,
    allow_atomic: true,
    storage,
    num_replicas,
    discard,
    duplicate_window,
    compression,
  });
}

/** How many messages a stream has. */
export async function messagesIn(connection: NatsConnection, name: string): Promise<number> {
  const manager = await jetstreamManager(connection);
  const info: StreamInfo = await manager.streams.info(name);
  return info.state.messages;
}
