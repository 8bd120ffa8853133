import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import {
  ClosedError,
  ConfigError,
  InvalidInputError,
  type StoreWarning,
} from "../../event/index.ts";

/**
 * Check that this is an open connection of the `@nats-io/*` 3.x client.
 * @throws {@link ClosedError}; {@link InvalidInputError} for anything else; {@link ConfigError} for
 *   one of the old package `nats`: it cannot tell batches, and its connection holds a client library of
 *   its own
 */
export function checkConnection(connection: NatsConnection): NatsConnection {
  const given = connection as unknown as Partial<Record<string, unknown>> | null | undefined;
  if (typeof given?.["jetstream"] === "function") {
    throw new ConfigError(
      'this connection is of the package "nats" (2.x); connect with "@nats-io/transport-node" 3.x',
    );
  }
  if (typeof given?.["then"] === "function") {
    throw new InvalidInputError("connection", "must be awaited: await connect(…)", connection);
  }
  const methods = ["request", "publish", "subscribe", "isClosed", "status"];
  const missing = methods.filter((method) => typeof given?.[method] !== "function");
  if (missing.length > 0) {
    const rule = `must be a NATS connection, which has ${missing.join(", ")}`;
    throw new InvalidInputError("connection", rule, connection);
  }
  if (connection.isClosed()) throw new ClosedError("the NATS connection is closed");
  return connection;
}

/**
 * What is to be said of a connection that gives up: by its defaults the client closes it for good
 * after ten attempts of 2 s to reconnect, and after two refused log-ins however many it may make
 * (nats.js 3.4). Its options are not in its interface; where there are none, nothing is said.
 */
export function givesUp(connection: NatsConnection): StoreWarning | undefined {
  const { options } = connection as { readonly options?: ConnectionOptions };
  if (options === undefined) return undefined;
  const { reconnect = true, maxReconnectAttempts, ignoreAuthErrorAbort } = options;
  const reasons = [
    ...(reconnect ? [] : ["reconnect is false"]),
    ...(maxReconnectAttempts === -1 ? [] : [`maxReconnectAttempts is ${maxReconnectAttempts}`]),
    ...(ignoreAuthErrorAbort === true ? [] : ["ignoreAuthErrorAbort is not true"]),
  ];
  if (reasons.length === 0) return undefined;
  const message =
    `the connection may give up in an outage (${reasons.join(", ")}), and what uses it then fails ` +
    "for good: connect with maxReconnectAttempts: -1 and ignoreAuthErrorAbort: true";
  return { code: "reconnect", message };
}
