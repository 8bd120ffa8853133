import { type Deadline, orAbort, type StoredMessage } from "../../event/backend/index.ts";
import type { Stream } from "../stream.ts";
import { anything } from "./believe.ts";
import { lastRequestSubject } from "./direct-get.ts";
import { leaderFirst, leaderGet } from "./leader-get.ts";
import { messageReader, replicaGet } from "./replica-get.ts";

/**
 * The last message of a subject, from any replica. A replica that has none or does not answer
 * proves nothing, nor does a mirror, so then the leader is asked.
 * @param trusting - take a replica's word for it that there is none
 */
export async function lastMessage(
  stream: Stream,
  subject: string,
  signal: AbortSignal | undefined,
  deadline?: Deadline,
  trusting = false,
): Promise<StoredMessage | undefined> {
  signal?.throwIfAborted();
  if (!leaderFirst(stream)) {
    const get = { subject: lastRequestSubject(stream, subject), payload: "", signal };
    const asked = replicaGet(stream, get, messageReader(stream, { ...anything, subject }));
    const reply = await (signal === undefined ? asked : orAbort(asked, signal));
    if (typeof reply !== "string") return reply;
    if (reply === "missing" && trusting) return undefined;
  }
  return leaderGet(stream, { last_by_subj: subject }, signal, deadline);
}
