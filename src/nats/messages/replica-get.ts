import type { Msg } from "@nats-io/nats-core";
import type { Sequence } from "../../event/index.ts";
import { type Deadline, orAbort, type StoredMessage } from "../../event/backend/index.ts";
import type { Outgoing } from "../requests/outgoing.ts";
import { assertRetryable } from "../requests/request.ts";
import type { Names, Stream } from "../stream.ts";
import { untimed } from "./bodies.ts";
import { type Answer, anything, type Asked, believe, believeBody } from "./believe.ts";
import { directGetSubject } from "./direct-get.ts";
import { leaderFirst, leaderGet } from "./leader-get.ts";

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
  deadline: Deadline,
): Promise<readonly (StoredMessage | undefined)[]> {
  const subject = directGetSubject(stream);
  const get = (seq: Sequence): Promise<StoredMessage | undefined> => {
    if (leaderFirst(stream)) return leaderGet(stream, { seq }, signal, deadline);
    const payload = of === undefined ? `{"seq":${seq}}` : `{"seq":${seq},"no_hdr":true}`;
    const read =
      of === undefined
        ? messageReader(stream, { ...anything, from: seq, upTo: seq })
        : bodyReader(of, seq);
    return replicaGet(stream, { subject, payload, signal }, read).then(found);
  };
  const all = Promise.all(sequences.map(get));
  return signal === undefined ? all : orAbort(all, signal);
}

/** What one direct get brought: the replica lacks it, or is of no use. */
export type Got = StoredMessage | "missing" | "silent";

function found(got: Got): StoredMessage | undefined {
  return typeof got === "string" ? undefined : got;
}

/** Makes of a reply what it brought; undefined when it can't be the answer. */
type Reader = (reply: Msg) => Got | undefined;

/** Of a reply with headers. */
export function messageReader(stream: Stream, asked: Asked): Reader {
  return (reply) => {
    const answer = believe(stream, asked, reply);
    return answer.kind === "message" ? answer.message : lacking(answer.kind);
  };
}

/** Of a reply without headers. */
function bodyReader(of: Names, sequence: Sequence): Reader {
  return (reply) => {
    const answer = believeBody(reply);
    return answer.kind === "body" ? untimed(of, sequence, answer.body) : lacking(answer.kind);
  };
}

function lacking(kind: Exclude<Answer["kind"], "message">): Got | undefined {
  if (kind === "unsound") return undefined;
  return kind === "none" ? "missing" : "silent";
}

/**
 * One message by a direct get: the replica lacks it, or does not answer in time, or refuses, or is
 * none of the stream's.
 */
export function replicaGet(
  { requests, replicas }: Stream,
  get: Pick<Outgoing, "subject" | "payload" | "signal">,
  read: Reader,
): Promise<Got> {
  return requests.askFor<Got>({ ...get, timeoutMs: replicas.waitMs }, (reply, sentAt) => {
    if (reply === "timeout") replicas.timedOut();
    if (reply === "no-responders") replicas.wereAway();
    if (typeof reply === "string") {
      assertRetryable({ requests }, reply, get.subject);
      return "silent";
    }
    const got = read(reply);
    if (got !== undefined) replicas.answered(sentAt);
    return got;
  });
}
