import type { NatsConnection } from "@nats-io/nats-core";

/**
 * What went wrong with a request, told by error names and numeric codes, never by text. Names
 * rather than classes, so that a second copy of the client is understood too.
 */
export type Failure = "timeout" | "no-responders" | "closed" | "denied" | "inbox-denied" | "other";

/**
 * Classify what a client call threw. A request in flight when its connection is closed rejects with
 * nothing that says so (nats.js 3.4), so the connection is asked.
 */
export function failureOf(error: unknown, connection: NatsConnection): Failure {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    switch (cause.name) {
      case "TimeoutError":
        return "timeout";
      case "NoResponders": // what NoRespondersError calls itself (nats-core 3.4)
      case "NoRespondersError":
        return "no-responders";
      case "ClosedConnectionError":
      case "DrainingConnectionError":
      case "ConnectionError":
        return "closed";
      case "PermissionViolationError":
        return "operation" in cause && cause.operation === "subscription"
          ? "inbox-denied"
          : "denied";
    }
  }
  return connection.isClosed() ? "closed" : "other";
}
