import {
  checkId,
  type Commit,
  type DomainEvent,
  type Family,
  type ReadOptions,
  type Selectable,
  type Sequence,
} from "../event/index.ts";
import {
  type Batches,
  checkFamily,
  checkSequence,
  type CodecSet,
  type Deadline,
  commitOf,
  selectorOf,
  stampOf,
  type StoredMessage,
} from "../event/backend/index.ts";
import { lastMessage } from "./messages/last.ts";
import { leaderGet } from "./messages/leader-get.ts";
import { pagesAfter } from "./messages/pages.ts";
import { type Stream, subjectOf } from "./stream.ts";
import type { StreamWitness } from "./witness/stream-witness.ts";

/** Where a commit is read. */
interface CommitSource {
  readonly stream: Stream;
  readonly codecs: CodecSet;
}

/** See `Replay.last`. */
export async function lastCommit<Event extends DomainEvent>(
  { stream, codecs }: CommitSource,
  family: Family,
  id: string,
  { fresh, signal }: ReadOptions,
  deadline: Deadline,
): Promise<Commit<Event> | undefined> {
  const subject = subjectOf(stream, checkFamily(family), checkId(id));
  const message =
    fresh === "leader"
      ? await leaderGet(stream, { last_by_subj: subject }, signal, deadline)
      : await lastMessage(stream, subject, signal, deadline);
  return message && commitOf(message, family, codecs);
}

/** See `Replay.at`. */
export async function commitAt<Event extends DomainEvent>(
  { stream, codecs }: CommitSource,
  selection: Selectable,
  sequence: Sequence,
  { signal }: ReadOptions,
  deadline: Deadline,
): Promise<Commit<Event> | undefined> {
  const { families } = selectorOf(selection);
  if (checkSequence("sequence", sequence) === 0) return undefined;
  const message = await leaderGet(stream, { seq: sequence }, signal, deadline);
  if (message === undefined) return undefined;
  const parts = families.get(message.family) ?? [];
  const part = parts.find(({ id }) => id === undefined || id === message.id);
  return part && commitOf(message, part.family, codecs);
}

/** See `Replay.stampAt`. */
export async function stampAt(
  stream: Stream,
  sequence: Sequence,
  { signal }: ReadOptions,
  deadline: Deadline,
): Promise<string | undefined> {
  if (checkSequence("sequence", sequence) === 0) return undefined;
  const message = await leaderGet(stream, { seq: sequence }, signal, deadline);
  return message && stampOf(message.payload);
}

/** For `Replay.stored`: all messages of one aggregate. */
export async function* storedPages(
  stream: Stream,
  witness: Pick<StreamWitness, "trust">,
  { family, id }: Pick<StoredMessage, "family" | "id">,
  signal: AbortSignal,
): Batches<StoredMessage> {
  await witness.trust(signal);
  yield* pagesAfter(stream, subjectOf(stream, family, id), 0, signal);
}
