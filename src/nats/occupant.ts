import type { ReadOptions, Sequence } from "../event/index.ts";
import { deadlineIn, type NewMessage, type Occupant } from "../event/backend/index.ts";
import { leaderGet } from "./messages/leader-get.ts";
import { patienceMs } from "./requests/request.ts";
import { type Stream, subjectOf } from "./stream.ts";

/** See `AppendTarget.occupant`. */
export async function occupantOf(
  stream: Stream,
  sequence: Sequence,
  { family, id, commitId }: Pick<NewMessage, "family" | "id" | "commitId">,
  { signal, timeoutMs = patienceMs }: ReadOptions,
): Promise<Occupant | undefined> {
  const message = await leaderGet(stream, { seq: sequence }, signal, deadlineIn(timeoutMs));
  if (message === undefined) return undefined;
  const messageId = messageIdOf(subjectOf(stream, family, id), commitId);
  return {
    sameAggregate: message.family === family && message.id === id,
    sameCommitId: message.headers?.includes(`\r\nNats-Msg-Id: ${messageId}\r\n`) === true,
  };
}

/**
 * See `AppendTarget.isDeleted`. One answer proves it: a leader that shows the message after it has
 * had it, too.
 */
export async function isDeleted(
  stream: Stream,
  sequence: Sequence,
  { signal, timeoutMs = patienceMs }: ReadOptions,
): Promise<boolean> {
  const query = { seq: sequence, next_by_subj: subjectOf(stream, "*", "*") };
  const next = await leaderGet(stream, query, signal, deadlineIn(timeoutMs));
  return next !== undefined && next.sequence > sequence;
}

/** By which the server remembers a commit. It looks in the whole stream, so the subject is part of it. */
export function messageIdOf(subject: string, commitId: string): string {
  return `${subject}:${commitId}`;
}
