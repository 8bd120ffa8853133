import type { NatsConnection } from "@nats-io/nats-core";

/**
 * Why a request has no reply, told by error names and numeric codes, never by text.
 * - timeout: none came in time
 * - unsent: its turn did not come in time, so it was never sent
 * - silence: nothing at all came on the connection for long, although it was asked for a sign of life
 * - no-responders: nobody serves the subject, at this moment
 * - disconnected: the connection was lost, or came back, while it was under way
 * - closed: the connection is closed for good
 * - closed-before: the same, or it is being drained, and the request was never sent
 * - denied, inbox-denied: the connection may not publish on the subject, or not hear the reply
 * - other: the client refuses to send it
 */
export type Failure =
  | "timeout"
  | "unsent"
  | "silence"
  | "no-responders"
  | "disconnected"
  | "closed"
  | "closed-before"
  | "denied"
  | "inbox-denied"
  | "other";

/** As the client's error, which it throws only when its subscriptions are gone already. */
export const drained: Error = Object.assign(new Error("the connection is being drained"), {
  name: "DrainingConnectionError",
});

/**
 * Classify what a client call threw. Names rather than classes, so that a second copy of the client
 * is understood too.
 */
export function failureOf(error: unknown, connection: NatsConnection): Failure {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    switch (cause.name) {
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
