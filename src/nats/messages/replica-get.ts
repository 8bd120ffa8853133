import type { Msg } from "@nats-io/nats-core";
import type { Sequence } from "../../event/index.ts";
import { orAbort, type StoredMessage } from "../../event/backend/index.ts";
import type { Outgoing } from "../requests/multiplexer.ts";
import { assertRetryable } from "../requests/request.ts";
import type { Names, Stream } from "../stream.ts";
import { bodyReply } from "./bodies.ts";
import { DirectGetError, readDirectReply } from "./direct-get.ts";
import { leaderGet } from "./leader-get.ts";

/**
 * The messages at some sequences, all asked for at once, each from any replica (direct get,
 * ADR-31); undefined where a replica has none or did not answer in time, which proves nothing.
 * @param of - whose they are said to be: they are read without headers and times, which is faster
 * @throws {@link ConfigError} or {@link UnavailableError} when asking can't help; the signal's
 *   reason when aborted
 */
export async function replicaGets(
  stream: Stream,
  sequences: readonly Sequence[],
  of: Names | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly (StoredMessage | undefined)[]> {
  const subject = `${stream.api}.DIRECT.GET.${stream.name}`;
  const get = (seq: Sequence): Promise<StoredMessage | undefined> => {
    if (stream.replicas.silent) return leaderGet(stream, { seq }, signal);
    const payload = of === undefined ? `{"seq":${seq}}` : `{"seq":${seq},"no_hdr":true}`;
    const read = (reply: Msg): StoredMessage | undefined =>
      of === undefined ? readDirectReply(stream, reply) : bodyReply(reply, of, seq);
    return replicaGet(stream, { subject, payload, signal }, read).then(found);
  };
  const all = Promise.all(sequences.map(get));
  return signal === undefined ? all : orAbort(all, signal);
}

function found(reply: StoredMessage | "missing" | "silent"): StoredMessage | undefined {
  return typeof reply === "string" ? undefined : reply;
}

/**
 * One message by a direct get: the replica lacks it, or does not answer in time, or refuses.
 * @param read - the message in a reply; undefined when there is none
 */
export function replicaGet(
  { requests, replicas }: Stream,
  get: Pick<Outgoing, "subject" | "payload" | "signal">,
  read: (reply: Msg) => StoredMessage | undefined,
): Promise<StoredMessage | "missing" | "silent"> {
  return requests.askFor({ ...get, timeoutMs: replicas.waitMs }, (reply, sentAt) => {
    if (reply === "timeout") replicas.timedOut();
    if (typeof reply === "string") {
      assertRetryable(reply, get.subject);
      return "silent";
    }
    replicas.answered(sentAt);
    return readOr(reply, read);
  });
}

function readOr(
  reply: Msg,
  read: (reply: Msg) => StoredMessage | undefined,
): StoredMessage | "missing" | "silent" {
  try {
    return read(reply) ?? "missing";
  } catch (error) {
    if (error instanceof DirectGetError) return "silent";
    throw error;
  }
}
