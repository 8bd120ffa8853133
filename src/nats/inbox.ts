import type { NatsConnection } from "@nats-io/nats-core";
import { randomBytes } from "node:crypto";

/**
 * A reply subject of its own, under the prefix the connection may subscribe to. By chance (72 bits) and
 * not by the client's numbering: who has seen one can't tell the next.
 */
export function newInbox(connection: NatsConnection): string {
  return `${inboxPrefixOf(connection) ?? "_INBOX"}.${randomBytes(9).toString("base64url")}`;
}

/** The connection's inbox prefix: an option it keeps (nats.js 3.4) but does not declare. */
export function inboxPrefixOf(connection: NatsConnection): string | undefined {
  const { options } = connection as { readonly options?: { readonly inboxPrefix?: string } };
  return options?.inboxPrefix;
}
