import type { Sequence } from "../../event/index.ts";
import type { StoredMessage } from "../../event/backend/index.ts";
import { orAbort, assertRetryable } from "../requests/request.ts";
import type { Stream } from "../stream.ts";
import { DirectGetError, readDirectReply } from "./direct-get.ts";
import { leaderGet } from "./leader-get.ts";

/**
 * The messages at some sequences, all asked for at once, each from any replica (direct get,
 * ADR-31); undefined where a replica has none or did not answer in time, which proves nothing.
 * @throws {@link ConfigError} or {@link UnavailableError} when asking can't help; the signal's
 *   reason when aborted
 */
export async function replicaGets(
  stream: Stream,
  sequences: readonly Sequence[],
  signal: AbortSignal | undefined,
): Promise<readonly (StoredMessage | undefined)[]> {
  const subject = `${stream.api}.DIRECT.GET.${stream.name}`;
  const get = (seq: Sequence): Promise<StoredMessage | undefined> =>
    stream.replicas.silent
      ? leaderGet(stream, { seq }, signal)
      : replicaGet(stream, subject, `{"seq":${seq}}`, signal).then(found);
  const all = Promise.all(sequences.map(get));
  return signal === undefined ? all : orAbort(all, signal);
}

function found(reply: StoredMessage | "missing" | "silent"): StoredMessage | undefined {
  return typeof reply === "string" ? undefined : reply;
}

/** One message by a direct get: the replica lacks it, or does not answer in time, or refuses. */
export function replicaGet(
  stream: Stream,
  subject: string,
  payload: string,
  signal: AbortSignal | undefined,
): Promise<StoredMessage | "missing" | "silent"> {
  const { requests, replicas } = stream;
  return new Promise((resolve, reject) => {
    const asked = { subject, payload, timeoutMs: replicas.waitMs, signal };
    requests.open(asked, (reply, sentAt) => {
      try {
        if (reply === "timeout") replicas.timedOut();
        if (typeof reply === "string") {
          assertRetryable(reply, subject);
          resolve("silent");
        } else {
          replicas.answered(sentAt);
          resolve(readDirectReply(stream, reply) ?? "missing");
        }
      } catch (error) {
        if (error instanceof DirectGetError) resolve("silent");
        else reject(error);
      }
      return true;
    });
  });
}
