import {
  checkId,
  type Commit,
  type DomainEvent,
  type EventStore,
  type Family,
  type ReadOptions,
  type Selectable,
  type Sequence,
  type StoredCommit,
} from "../event/index.ts";
import {
  type Batches,
  checkFamily,
  checkSequence,
  type CodecSet,
  type Deadline,
  commitOf,
  endingWith,
  flatten,
  same,
  selectorOf,
  stampOf,
  storedCommits,
  type StoredMessage,
  type StoreLifetime,
} from "../event/backend/index.ts";
import { lastMessage } from "./messages/last.ts";
import { leaderGet } from "./messages/leader-get.ts";
import { pagesAfter } from "./messages/pages.ts";
import type { StreamReplay } from "./replay.ts";
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

/** See `Replay.stored`. */
export function storedIn(
  { stream, codecs }: Pick<StreamReplay, "stream" | "codecs">,
  lifetime: Pick<StoreLifetime, "signal" | "assertReadable">,
  witness: Pick<StreamWitness, "trust">,
): EventStore["stored"] {
  return <Event extends DomainEvent>(
    family: Family<Event>,
    id: string,
    options: ReadOptions = {},
  ): AsyncIterable<StoredCommit<Event>> => {
    lifetime.assertReadable(options);
    const subject = subjectOf(stream, checkFamily(family), checkId(id));
    const ending = endingWith(lifetime.signal, options.signal);
    const { signal } = ending;
    const pages = async function* (): Batches<StoredMessage> {
      await witness.trust(signal);
      yield* pagesAfter(stream, subject, 0, signal);
    };
    return flatten(storedCommits<Event>(pages(), family, codecs), same, ending);
  };
}
