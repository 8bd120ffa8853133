import type { Deadline, StoredMessage } from "../../event/backend/index.ts";
import { lastRequestSubject, readDirectReply } from "./direct-get.ts";
import { leaderGet } from "./leader-get.ts";
import { assertRetryable, request } from "../requests/request.ts";
import type { Stream } from "../stream.ts";

/** How long a replica may take before the leader is asked instead, in milliseconds. */
const replicaMs = 250;

/**
 * The last message of a subject, from any replica. A replica that has none or does not answer
 * proves nothing, so then the leader is asked.
 */
export async function lastMessage(
  stream: Stream,
  subject: string,
  signal: AbortSignal | undefined,
  deadline?: Deadline,
): Promise<StoredMessage | undefined> {
  const asked = lastRequestSubject(stream, subject);
  const query = { subject: asked, payload: "", timeoutMs: replicaMs, signal };
  const reply = await request(stream, query);
  if (typeof reply === "string") assertRetryable(reply, asked);
  const message = typeof reply === "string" ? undefined : readDirectReply(stream, reply);
  return message ?? leaderGet(stream, { last_by_subj: subject }, signal, deadline);
}
