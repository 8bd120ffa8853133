import type { Commit, DomainEvent, PoisonPolicy, Sequence } from "../event/index.ts";
import {
  type Batches,
  type CodecSet,
  CommitReader,
  type Deadline,
  deadlineIn,
  readPages,
  type ReplayBounds,
  type Selector,
} from "../event/backend/index.ts";
import { leaderGet } from "./messages/leader-get.ts";
import { historyPages } from "./history-pages.ts";
import { patienceMs } from "./requests/request.ts";
import { filtersOf, type Stream } from "./stream.ts";

/** The sequence of the last message of a selection, from the leader; 0 for none. */
export async function endOf(
  stream: Stream,
  selector: Selector,
  signal?: AbortSignal,
  deadline: Deadline = deadlineIn(patienceMs),
): Promise<Sequence> {
  const lasts = await Promise.all(
    filtersOf(stream, selector).map((filter) =>
      leaderGet(stream, { last_by_subj: filter }, signal, deadline),
    ),
  );
  return Math.max(0, ...lasts.map((message) => message?.sequence ?? 0));
}

/** What a replay needs to know. */
export interface StreamReplay {
  readonly stream: Stream;
  readonly selector: Selector;
  readonly codecs: CodecSet;
  readonly poison: PoisonPolicy | undefined;
  readonly signal: AbortSignal;
}

/** See `Replay.replay`. */
export async function* replayStream<Event extends DomainEvent>(
  { stream, selector, codecs, poison, signal }: StreamReplay,
  { after, untilSequence, untilMs: timeMs }: ReplayBounds,
): Batches<Commit<Event>> {
  signal.throwIfAborted();
  // Within one aggregate a bound is as good as the end: it is read faster than it can grow.
  const whole = selector.single !== undefined;
  const bounded = whole && Number.isFinite(untilSequence);
  const end = bounded ? untilSequence : await endOf(stream, selector, signal);
  const sequence = Math.min(untilSequence, end);
  const reader = new CommitReader<Event>(selector, codecs, poison, after === 0);
  const pages = historyPages({ stream, selector, after, bound: sequence, signal });
  const reached = whole && !bounded && sequence > after;
  yield* readPages(pages, reader, { sequence, timeMs, signal, reached });
}
