import { ConfigError } from "../../event/index.ts";
import { deadlineIn } from "../../event/backend/index.ts";
import type { Failure } from "../requests/failure.ts";
import { attemptMs, requestFor } from "../requests/request.ts";
import type { Stream } from "../stream.ts";

/**
 * Check that somebody serves JetStream. A server without it may know others that have it (a cluster, a
 * leaf node), so one is only told by its INFO and by nobody's answer together.
 * @throws {@link ConfigError} when nobody does
 */
export async function assertJetStream(stream: Stream): Promise<void> {
  const { connection, api } = stream;
  if (connection.info?.jetstream === true) return;
  const asked = {
    subject: `${api}.INFO`,
    payload: "",
    timeoutMs: attemptMs,
    deadline: deadlineIn(attemptMs),
  };
  const answer = await requestFor<Failure | "served">(stream, asked, (reply) =>
    typeof reply === "string" ? reply : "served",
  );
  if (answer !== "no-responders") return;
  const domain = api === "$JS.API" ? "" : `, and nobody serves "${api}"`;
  throw new ConfigError(
    `the server at ${connection.getServer()} has no JetStream${domain}: start it with "nats-server -js", ` +
      'or with "jetstream {}" in its configuration',
  );
}
