import {
  type Commit,
  type DomainEvent,
  isJetfoldError,
  type PoisonPolicy,
  type Sequence,
} from "../event/index.ts";
import {
  type Batches,
  type CodecSet,
  CommitReader,
  type Deadline,
  deadlineIn,
  type LookUp,
  readFrame,
  readPages,
  type ReplayBounds,
  type Selector,
  type StoredMessage,
} from "../event/backend/index.ts";
import { leaderGet, type MessageQuery } from "./messages/leader-get.ts";
import { lastOfMany, namedIn } from "./messages/many.ts";
import { historyPages } from "./history-pages.ts";
import { pagesAfter } from "./messages/pages.ts";
import { patienceMs } from "./requests/request.ts";
import { filtersOf, maxFilters, type Stream, subjectOf } from "./stream.ts";
import type { StreamWitness } from "./witness/stream-witness.ts";

/** The sequence of the last message of a selection, from the leader; 0 for none. */
export async function endOf(
  stream: Stream,
  selector: Selector,
  signal?: AbortSignal,
  deadline: Deadline = deadlineIn(patienceMs),
): Promise<Sequence> {
  const lasts = await lastMessages(stream, selector, signal, deadline);
  return Math.max(0, ...lasts.map(({ sequence }) => sequence));
}

/** The last message of each of a selection's filters, from the leader; of families where they are many. */
async function lastMessages(
  stream: Stream,
  selector: Selector,
  signal: AbortSignal | undefined,
  deadline?: Deadline,
): Promise<StoredMessage[]> {
  const lastOf = (family: string): Promise<StoredMessage | undefined> => {
    const many = namedIn(selector, family);
    if (many !== undefined) return lastOfMany({ stream, signal, deadline }, many);
    const query = { last_by_subj: subjectOf(stream, family, "*") };
    return leaderGet(stream, query, signal, deadline);
  };
  const filters = filtersOf(stream, selector);
  const lasts =
    filters.length > maxFilters
      ? [...selector.families.keys()].map((family) => lastOf(family))
      : filters.map((filter) => leaderGet(stream, { last_by_subj: filter }, signal, deadline));
  return (await Promise.all(lasts)).filter((message) => message !== undefined);
}

/**
 * The same, or where its transaction ends: each filter is asked for by a request of its own, and of
 * the last transaction some may be told before it is stored and some after.
 */
async function wholeEndOf(
  stream: Stream,
  selector: Selector,
  signal: AbortSignal,
): Promise<Sequence> {
  const lasts = await lastMessages(stream, selector, signal);
  return Math.max(0, ...lasts.map(transactionEndOf));
}

/** Of a message without a sound frame, its own sequence. */
function transactionEndOf(message: StoredMessage): Sequence {
  try {
    const { part, parts } = readFrame(message);
    return message.sequence + parts - part;
  } catch (error) {
    if (isJetfoldError(error, "poison") || isJetfoldError(error, "corrupt"))
      return message.sequence;
    throw error;
  }
}

/** What a replay needs to know. */
export interface StreamReplay {
  readonly stream: Stream;
  readonly witness: StreamWitness;
  readonly selector: Selector;
  readonly codecs: CodecSet;
  readonly poison: PoisonPolicy | undefined;
  readonly signal: AbortSignal;
}

/** @param get - asks the leader */
export function lookUpIn(
  stream: Stream,
  signal: AbortSignal,
  get: (query: MessageQuery) => Promise<StoredMessage | undefined>,
): LookUp {
  return {
    after: ({ family, id }, sequence) =>
      pagesAfter(stream, subjectOf(stream, family, id), sequence, signal),
    at: (seq) => get({ seq }),
    next: ({ family, id }, seq) => get({ seq, next_by_subj: subjectOf(stream, family, id) }),
  };
}

/** See `Replay.replay`. */
export async function* replayStream<Event extends DomainEvent>(
  read: StreamReplay,
  { after, untilSequence, untilMs: timeMs }: ReplayBounds,
): Batches<Commit<Event>> {
  const { stream, witness, selector, signal } = read;
  signal.throwIfAborted();
  await witness.trust(signal);
  // Within one aggregate a bound is as good as the end: it is read faster than it can grow.
  const whole = selector.single !== undefined;
  const bounded = whole && Number.isFinite(untilSequence);
  const ending = whole ? endOf : wholeEndOf;
  const end = bounded ? untilSequence : await ending(stream, selector, signal);
  const sequence = Math.min(untilSequence, end);
  const lookUp = lookUpIn(stream, signal, (query) => leaderGet(stream, query, signal));
  const reader = new CommitReader<Event>({ ...read, after, lookUp });
  const pages = historyPages({ stream, witness, selector, after, bound: sequence, signal });
  const reached = whole && !bounded && sequence > after;
  yield* readPages(pages, reader, { sequence, timeMs, signal, reached });
}
