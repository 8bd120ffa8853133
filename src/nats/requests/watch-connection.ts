import type { NatsConnection, Status } from "@nats-io/nats-core";
import { type Failure, failureOf } from "./failure.ts";

/**
 * Tell what becomes of requests because of their connection: it was lost or came back (the client
 * drops what it could not send, nats.js 3.4), a subject may not be published on, it was closed.
 * @param tell - given the subject, or none for all requests
 * @returns stops watching
 */
export function watchConnection(
  connection: NatsConnection,
  tell: (failure: Failure, subject?: string) => void,
): () => void {
  const statuses: AsyncIterable<Status> & { stop?(): void } = connection.status();
  let watching = true;
  void follow(connection, statuses, (failure, subject) => {
    if (watching) tell(failure, subject);
  });
  return () => {
    watching = false;
    // The client's iterator is ended by a method that it has (3.3, 3.4) and does not declare.
    statuses.stop?.();
  };
}

async function follow(
  connection: NatsConnection,
  statuses: AsyncIterable<Status>,
  tell: (failure: Failure, subject?: string) => void,
): Promise<void> {
  for await (const status of statuses) {
    if (status.type === "disconnect" || status.type === "reconnect") tell("disconnected");
    if (status.type !== "error") continue;
    const failure = failureOf(status.error, connection);
    const { subject } = status.error as { readonly subject?: string };
    if (failure === "denied" && subject !== undefined) tell(failure, subject);
  }
  tell("closed");
}
