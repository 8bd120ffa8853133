import {
  type Bucket,
  BucketConflictError,
  type BucketEntry,
  type BucketReadOptions,
} from "../event/index.ts";
import { checkKey, checkSequence, flatten, isKey } from "../event/backend/index.ts";
import { tellGone, isRemoval, putEntry } from "./kv-put.ts";
import { lastMessage } from "./messages/last.ts";
import { leaderGet, type LeaderMessage } from "./messages/leader-get.ts";
import type { Stream } from "./stream.ts";
import { subjectsOf } from "./subjects.ts";

/** The stream behind a bucket. */
export function bucketStreamName(bucket: string): string {
  return `KV_${bucket}`;
}

/**
 * A bucket in the layout of NATS key-value (ADR-8: stream `KV_<bucket>`, subject
 * `$KV.<bucket>.<key>`), so that `nats kv get` reads it. Each operation is one request; the
 * client's own KV leaves a consumer behind when it lists keys (kv 3.4).
 *
 * What is removed leaves a marker, as the client's own KV does: so it takes no other right than a put,
 * and a value that was removed with that client is none here.
 *
 * @param stream - the bucket's stream
 * @param forgets - it takes messages that go by themselves (`allow_msg_ttl`): then markers do, and
 *   `keys` no longer gives what was removed
 */
export function kvBucket(stream: Stream, bucket: string, forgets: boolean): Bucket {
  const prefix = `$KV.${bucket}.`;
  const removal = forgets ? "passing" : "lasting";
  return {
    async get(key, options) {
      return getEntry(stream, prefix + checkKey(key), options);
    },
    async put(key, value, expected) {
      if (expected !== undefined) checkSequence("expected", expected);
      const conflict = await putEntry(stream, prefix + checkKey(key), value, { expected });
      if (typeof conflict === "number") return conflict;
      const actual = (await getEntry(stream, prefix + key, { fresh: "leader" }))?.revision ?? 0;
      throw new BucketConflictError(bucket, key, expected ?? 0, actual);
    },
    async remove(key) {
      const subject = prefix + checkKey(key);
      if ((await getEntry(stream, subject, { fresh: "leader" })) === undefined) return;
      await putEntry(stream, subject, new Uint8Array(), { removal });
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
  const atLeader = () => leaderGet(stream, { last_by_subj: subject }, signal);
  const anywhere = () => lastMessage(stream, subject, signal, undefined, fresh === "replica");
  const toldGone = tellGone(stream);
  let message: LeaderMessage | undefined = await (
    fresh === "leader" ? atLeader() : anywhere()
  ).catch(toldGone);
  // Who gives messages without their headers does not show whether an empty one is a marker.
  const unclear = fresh === undefined && message?.payload.length === 0;
  if (unclear) message = await atLeader().catch(toldGone);
  if (message === undefined || isRemoval(message)) return undefined;
  // What was received lies among bytes of others.
  return { value: new Uint8Array(message.payload), revision: message.sequence };
}
