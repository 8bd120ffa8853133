import { randomUUID } from "node:crypto";
import {
  ConfigError,
  InvalidInputError,
  StoreFullError,
  StreamChangedError,
  UnavailableError,
} from "../event/index.ts";
import { backOff, type Deadline, deadlineIn } from "../event/backend/index.ts";
import { leaderGet } from "./messages/leader-get.ts";
import { type PublishAnswer, readPublishAnswer } from "./publish-answer.ts";
import { refusalOf } from "./publish-codes.ts";
import { publishHeaders } from "./publish-headers.ts";
import { apiCodes, isApiError } from "./requests/api.ts";
import type { Failure } from "./requests/failure.ts";
import {
  ackBytes,
  assertRetryable,
  attemptMs,
  patienceMs,
  requestFor,
} from "./requests/request.ts";
import type { Stream } from "./stream.ts";

/** What the headers of a put take at most, in bytes. */
const headerBytes = 1024;

/**
 * Put a value, again until it is known whether it is stored; each put has an id of its own, by
 * which one that was stored although its answer was lost is recognised.
 * @returns the new revision, or "conflict"
 */
export async function putEntry(
  stream: Stream,
  subject: string,
  value: Uint8Array,
  { expected, removal }: PutOptions,
): Promise<number | "conflict"> {
  const limit = stream.connection.info?.max_payload ?? 1 << 20;
  if (value.length + headerBytes > limit) {
    throw new InvalidInputError("value", `must fit in a message of ${limit} bytes`, value.length);
  }
  const deadline = deadlineIn(patienceMs);
  const putId = `${subject}:${randomUUID()}`;
  const put: Put = { subject, value, absent: expected === 0, expected, putId, removal };
  for (let attempt = 0; ; attempt++) {
    const answer = await tryPut(stream, put, deadline);
    const settled = await settlePut(stream, put, answer);
    if (settled !== undefined) return settled;
    // Nobody serves its subject: is it an election, or is the bucket gone?
    if (answer === "no-responders" && deadline.leftMs() < patienceMs - goneMs) {
      await leaderGet(stream, { last_by_subj: subject }, undefined, deadline).catch(
        tellGone(stream),
      );
    }
    if (deadline.leftMs() <= 0) {
      throw new UnavailableError(`no usable answer on ${subject}: it may or may not be stored`);
    }
    await backOff(attempt, deadline, undefined);
  }
}

/** For so long nobody must serve a bucket before it is asked whether it is there, in milliseconds. */
const goneMs = 2_000;

/** How a value is put. */
interface PutOptions {
  /** The revision that the key must still have; 0: it must not exist. */
  readonly expected?: number | undefined;
  /** It marks what is removed: for ever, or for a second, where the bucket takes that. */
  readonly removal?: Removal;
}

type Removal = "lasting" | "passing";

/** A marker must outlast nothing: who expects that nothing is there expects a marker, too. */
const removalHeaders: Readonly<Record<Removal, readonly string[]>> = {
  lasting: ["KV-Operation: DEL"],
  passing: ["KV-Operation: DEL", "Nats-TTL: 1s"],
};

/** Does a message say that there is no value (ADR-8, whoever has removed it)? */
export function isRemoval({ headers }: { readonly headers?: string }): boolean {
  return headers !== undefined && /\r\nKV-Operation: (?:DEL|PURGE)\r\n/.test(headers);
}

/** @returns throws the error; that of a stream that does not exist in words that say so */
export function tellGone({ name }: Stream): (error: unknown) => never {
  return (error) => {
    if (!isApiError(error, apiCodes.streamNotFound)) throw error;
    const detail = "the bucket is gone while it was used: restore it from a backup";
    throw new StreamChangedError(name, 0, detail, { cause: error });
  };
}

/** One put, the same in all its attempts, but for the revision of a marker that it replaces. */
interface Put {
  readonly subject: string;
  readonly value: Uint8Array;
  /** Nothing, or a marker, must be there. */
  readonly absent: boolean;
  /** What the server is told to expect. */
  expected: number | undefined;
  readonly putId: string;
  readonly removal: Removal | undefined;
}

/** One attempt; the failure when there was no answer. */
async function tryPut(
  stream: Stream,
  { subject, value, expected, putId, removal }: Put,
  deadline: Deadline,
): Promise<PublishAnswer | Failure> {
  const headers = publishHeaders({
    expected,
    messageId: putId,
    others: removal && removalHeaders[removal],
  });
  const times = { timeoutMs: attemptMs, deadline };
  const put = { subject, payload: value, headers, replyBytes: ackBytes, ...times };
  const question = { stream: stream.name, after: expected ?? 0, batch: undefined };
  const answer = await requestFor<PublishAnswer | Failure>(stream, put, (reply) =>
    typeof reply === "string" ? reply : readPublishAnswer(reply, question),
  );
  if (typeof answer === "string") assertRetryable(stream, answer, subject);
  return answer;
}

/** What an attempt came to; undefined while that is open. @throws when it was refused for good */
async function settlePut(
  stream: Stream,
  put: Put,
  answer: PublishAnswer | Failure,
): Promise<number | "conflict" | undefined> {
  if (typeof answer === "string") return undefined;
  if (answer.kind === "stored") return answer.sequence;
  const { subject, putId, expected, absent, removal } = put;
  if (answer.kind === "duplicate") {
    const { own, last } = await ownRevision(stream, subject, putId);
    // A bucket keeps one value of a key: it was stored, and another one since, or a marker has gone.
    const gone = removal !== undefined && last === 0;
    return own ?? (last > answer.sequence || gone ? answer.sequence : undefined);
  }
  const refusal = refusalOf(answer.error);
  if (refusal === "refused" || refusal === "too-large") {
    throw new ConfigError(`${subject}: ${answer.error.description}`);
  }
  if (refusal === "full") {
    throw new StoreFullError(`${subject}: ${answer.error.description}`);
  }
  if (refusal !== "conflict") return undefined;
  const { own, last, removed } = await ownRevision(stream, subject, putId);
  if (own !== undefined) return own;
  // Refused, although the leader shows what was expected: one of the two is behind.
  if (last === expected) return undefined;
  if (!absent || !removed) return "conflict";
  put.expected = last;
  return undefined;
}

/** The key's revision (0: it is not there), the same when it is this put's, and whether no value is there. */
async function ownRevision(
  stream: Stream,
  subject: string,
  putId: string,
): Promise<{
  readonly own: number | undefined;
  readonly last: number;
  readonly removed: boolean;
}> {
  const message = await leaderGet(stream, { last_by_subj: subject });
  const own = message?.headers?.includes(`Nats-Msg-Id: ${putId}\r\n`) === true;
  const last = message?.sequence ?? 0;
  const removed = message === undefined || isRemoval(message);
  return { own: own ? last : undefined, last, removed };
}
