import type { Commit, DomainEvent, HistoryOptions } from "../event/index.ts";
import {
  type Batches,
  type CodecSet,
  checkSequence,
  fromBase,
  JoinedSignal,
  selectorOf,
} from "../event/backend/index.ts";
import { linkedCommits } from "./messages/linked.ts";
import { replayStream } from "./replay.ts";
import type { Stream } from "./stream.ts";
import type { StreamWitness } from "./witness/stream-witness.ts";

/** Beyond so many events a history is streamed by pages: it is not to be held in memory. */
const maxLinked = 5_000;

/** Where a history is read. */
export interface HistorySource {
  readonly stream: Stream;
  readonly witness: StreamWitness;
  readonly codecs: CodecSet;
}

/** See `Replay.history`. */
export async function* historyOf<Event extends DomainEvent>(
  { stream, witness, codecs }: HistorySource,
  last: Commit<Event>,
  { after, times = true, signal }: HistoryOptions,
  ended: AbortSignal,
): Batches<Commit<Event>> {
  checkSequence("after", after);
  signal?.throwIfAborted();
  if (last.sequence <= after) return;
  if (last.lastRevision < maxLinked || after > 0) {
    const commits = await linkedCommits({ stream, codecs, last, after, times, signal });
    if (commits !== undefined) return yield commits;
  }
  const { definition, id, sequence: untilSequence } = last;
  const selector = selectorOf(definition.of(id));
  const bounds = { after, untilSequence, untilMs: Infinity };
  const ending = new JoinedSignal(ended, signal);
  const read = { stream, witness, selector, codecs, poison: undefined, signal: ending.signal };
  ending.begin();
  try {
    yield* fromBase(replayStream<Event>(read, bounds));
  } finally {
    ending.end();
  }
}
