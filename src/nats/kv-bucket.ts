import { randomUUID } from "node:crypto";
import {
  type Bucket,
  BucketConflictError,
  type BucketEntry,
  type BucketReadOptions,
  ConfigError,
  InvalidInputError,
  StoreFullError,
  StreamChangedError,
  UnavailableError,
} from "../event/index.ts";
import {
  backOff,
  checkKey,
  deadlineIn,
  checkSequence,
  flatten,
  isKey,
} from "../event/backend/index.ts";
import { type PublishAnswer, readPublishAnswer } from "./publish-answer.ts";
import { apiCodes, callApi, isApiError } from "./requests/api.ts";
import type { Failure } from "./requests/failure.ts";
import { lastMessage } from "./messages/last.ts";
import { leaderGet } from "./messages/leader-get.ts";
import { publishHeaders } from "./publish-headers.ts";
import { refusalOf } from "./publish-codes.ts";
import {
  ackBytes,
  assertRetryable,
  attemptMs,
  patienceMs,
  requestFor,
} from "./requests/request.ts";
import type { Stream } from "./stream.ts";
import { subjectsOf } from "./subjects.ts";

/** What the headers of a put take at most, in bytes. */
const headerBytes = 1024;

/** The stream behind a bucket. */
export function bucketStreamName(bucket: string): string {
  return `KV_${bucket}`;
}

/**
 * A bucket in the layout of NATS key-value (ADR-8: stream `KV_<bucket>`, subject
 * `$KV.<bucket>.<key>`), so that `nats kv get` reads it. Each operation is one request; the
 * client's own KV leaves a consumer behind when it lists keys (kv 3.4).
 *
 * @param stream - the bucket's stream
 */
export function kvBucket(stream: Stream, bucket: string): Bucket {
  const prefix = `$KV.${bucket}.`;
  return {
    async get(key, options) {
      return getEntry(stream, prefix + checkKey(key), options);
    },
    async put(key, value, expected) {
      if (expected !== undefined) checkSequence("expected", expected);
      const conflict = await putEntry(stream, prefix + checkKey(key), value, expected);
      if (typeof conflict === "number") return conflict;
      const actual = (await getEntry(stream, prefix + key, { fresh: "leader" }))?.revision ?? 0;
      throw new BucketConflictError(bucket, key, expected ?? 0, actual);
    },
    async remove(key) {
      const body = { filter: prefix + checkKey(key) };
      await callApi(stream, `STREAM.PURGE.${stream.name}`, body);
    },
    keys() {
      const keysOf = (subjects: readonly string[]): readonly string[] =>
        subjects.map((subject) => subject.slice(prefix.length)).filter(isKey);
      return flatten(subjectsOf(stream, `${prefix}>`), keysOf);
    },
  };
}

async function getEntry(
  stream: Stream,
  subject: string,
  { fresh, signal }: BucketReadOptions = {},
): Promise<BucketEntry | undefined> {
  const asked =
    fresh === "leader"
      ? leaderGet(stream, { last_by_subj: subject }, signal)
      : lastMessage(stream, subject, signal, undefined, fresh === "replica");
  const message = await asked.catch(tellGone(stream));
  // What was received lies among bytes of others.
  return message && { value: new Uint8Array(message.payload), revision: message.sequence };
}

/**
 * Put a value, again until it is known whether it is stored; each put has an id of its own, by
 * which one that was stored although its answer was lost is recognised.
 * @returns the new revision, or "conflict"
 */
async function putEntry(
  stream: Stream,
  subject: string,
  value: Uint8Array,
  expected: number | undefined,
): Promise<number | "conflict"> {
  const limit = stream.connection.info?.max_payload ?? 1 << 20;
  if (value.length + headerBytes > limit) {
    throw new InvalidInputError("value", `must fit in a message of ${limit} bytes`, value.length);
  }
  const deadline = deadlineIn(patienceMs);
  const put = { subject, value, expected, putId: `${subject}:${randomUUID()}` };
  for (let attempt = 0; ; attempt++) {
    const answer = await tryPut(stream, put, Math.max(1, deadline.leftMs()));
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

/** @returns throws the error; that of a stream that does not exist in words that say so */
function tellGone({ name }: Stream): (error: unknown) => never {
  return (error) => {
    if (!isApiError(error, apiCodes.streamNotFound)) throw error;
    const detail = "the bucket is gone while it was used: restore it from a backup";
    throw new StreamChangedError(name, 0, detail, { cause: error });
  };
}

/** One put, the same in all its attempts. */
interface Put {
  readonly subject: string;
  readonly value: Uint8Array;
  readonly expected: number | undefined;
  readonly putId: string;
}

/** One attempt; the failure when there was no answer. */
async function tryPut(
  stream: Stream,
  { subject, value, expected, putId }: Put,
  leftMs: number,
): Promise<PublishAnswer | Failure> {
  const headers = publishHeaders({ expected, messageId: putId });
  const times = { timeoutMs: attemptMs, limitMs: leftMs };
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
  { subject, putId, expected }: Put,
  answer: PublishAnswer | Failure,
): Promise<number | "conflict" | undefined> {
  if (typeof answer === "string") return undefined;
  if (answer.kind === "stored") return answer.sequence;
  if (answer.kind === "duplicate") {
    const { own, last } = await ownRevision(stream, subject, putId);
    // A bucket keeps one value of a key: it was stored, and another one since.
    return own ?? (last > answer.sequence ? answer.sequence : undefined);
  }
  const refusal = refusalOf(answer.error);
  if (refusal === "full") {
    throw new StoreFullError(`${subject}: ${answer.error.description}`);
  }
  if (refusal === "refused" || refusal === "too-large") {
    throw new ConfigError(`${subject}: ${answer.error.description}`);
  }
  if (refusal !== "conflict") return undefined;
  const { own, last } = await ownRevision(stream, subject, putId);
  // Refused, although the leader shows what was expected: one of the two is behind.
  return own ?? (last === expected ? undefined : "conflict");
}

/** The key's revision (0: it is not there), and the same when it is this put's. */
async function ownRevision(
  stream: Stream,
  subject: string,
  putId: string,
): Promise<{ readonly own: number | undefined; readonly last: number }> {
  const message = await leaderGet(stream, { last_by_subj: subject });
  const own = message?.headers?.includes(`Nats-Msg-Id: ${putId}\r\n`) === true;
  const last = message?.sequence ?? 0;
  return { own: own ? last : undefined, last };
}
