import { createInbox, type NatsConnection } from "@nats-io/nats-core";

/** A reply subject of its own, under the prefix the connection may subscribe to. */
export function newInbox(connection: NatsConnection): string {
  return createInbox(inboxPrefixOf(connection));
}

/** The connection's inbox prefix: an option it keeps (nats.js 3.4) but does not declare. */
export function inboxPrefixOf(connection: NatsConnection): string | undefined {
  const { options } = connection as { readonly options?: { readonly inboxPrefix?: string } };
  return options?.inboxPrefix;
}
