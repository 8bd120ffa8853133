import { randomUUID } from "node:crypto";
import {
  type Bucket,
  type BucketEntry,
  type BucketReadOptions,
  ConfigError,
  ConflictError,
  InvalidInputError,
  UnavailableError,
} from "../event/index.ts";
import { backOff, checkKey, deadlineIn, checkSequence } from "../event/backend/index.ts";
import { type ApiErrorBody, callApi } from "./requests/api.ts";
import { lastMessage } from "./messages/last.ts";
import { leaderGet } from "./messages/leader-get.ts";
import { publishHeaders } from "./publish-headers.ts";
import { refusalOf } from "./publish-codes.ts";
import { ackBytes, assertRetryable, patienceMs, request } from "./requests/request.ts";
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
      throw new ConflictError({ family: bucket, id: key }, expected ?? 0, actual);
    },
    async remove(key) {
      const body = { filter: prefix + checkKey(key) };
      await callApi(stream, `STREAM.PURGE.${stream.name}`, body);
    },
    async *keys() {
      for await (const subject of subjectsOf(stream, `${prefix}>`)) {
        yield subject.slice(prefix.length);
      }
    },
  };
}

async function getEntry(
  stream: Stream,
  subject: string,
  { fresh, signal }: BucketReadOptions = {},
): Promise<BucketEntry | undefined> {
  const message =
    fresh === "leader"
      ? await leaderGet(stream, { last_by_subj: subject }, signal)
      : await lastMessage(stream, subject, signal, undefined, fresh === "replica");
  return message && { value: message.payload, revision: message.sequence };
}

interface PutAnswer {
  readonly seq?: number;
  readonly error?: ApiErrorBody;
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
  const putId = `${subject}:${randomUUID()}`;
  for (let attempt = 0; ; attempt++) {
    const left = Math.max(1, deadline.leftMs());
    const answer = await tryPut(stream, subject, value, expected, putId, left);
    // An error's answer has a sequence too: 0.
    if (answer !== undefined && answer.error === undefined) return answer.seq ?? 0;
    const refusal = answer?.error === undefined ? "undecided" : refusalOf(answer.error);
    if (refusal === "conflict") {
      return (await ownRevision(stream, subject, putId)) ?? "conflict";
    }
    if (refusal === "refused" || refusal === "too-large") {
      throw new ConfigError(`${subject}: ${answer?.error?.description}`);
    }
    if (deadline.leftMs() <= 0) throw new UnavailableError(`no answer on ${subject}`);
    await backOff(attempt, deadline, undefined);
  }
}

/** One attempt; undefined when there was no answer. */
async function tryPut(
  stream: Stream,
  subject: string,
  value: Uint8Array,
  expected: number | undefined,
  putId: string,
  leftMs: number,
): Promise<PutAnswer | undefined> {
  const timeoutMs = Math.min(2_000, leftMs);
  const put = {
    subject,
    payload: value,
    headers: publishHeaders({ expected, messageId: putId }),
    replyBytes: ackBytes,
    timeoutMs,
  };
  const reply = await request(stream, put);
  if (typeof reply !== "string") return reply.json<PutAnswer>();
  assertRetryable(reply, subject);
  return undefined;
}

/** The revision of the key's value, when it is this put's. */
async function ownRevision(
  stream: Stream,
  subject: string,
  putId: string,
): Promise<number | undefined> {
  const message = await leaderGet(stream, { last_by_subj: subject });
  return message?.headers?.includes(`Nats-Msg-Id: ${putId}\r\n`) ? message.sequence : undefined;
}
