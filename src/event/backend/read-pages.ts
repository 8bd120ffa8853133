import type { Commit } from "../commit.ts";
import { CorruptError, TruncatedError } from "../errors.ts";
import type { DomainEvent } from "../family.ts";
import type { Sequence } from "../sequence.ts";
import type { CommitReader } from "./commit-reader.ts";
import type { StoredMessage } from "./stored-message.ts";

/** Where a finite read ends. */
export interface ReadEnd {
  /** Inclusive: nothing after this sequence is read. */
  readonly sequence: Sequence;
  /** Inclusive: reading ends before the first selected message stored later than this time. */
  readonly timeMs: number;
  /** `sequence` is that of a commit which is read unless it was purged meanwhile: an error, then. */
  readonly reached?: boolean;
  /** More is read after the end: what is missing a base may find it there. */
  readonly goesOn?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The selected commits of a backend's pages of messages, up to an end: an array for each page that
 * has some. What goes wrong in a page is thrown after the commits before it.
 * @throws {@link TruncatedError} when one aggregate is read from its start, and its first commit,
 *   beyond the end, shows that its start was cut; or when it is cut while it is read
 * @throws a hole (see `Commit.hole`) that had no base up to the end, unless reading goes on after it
 * @throws the signal's reason when aborted, and as `Replay.replay`
 */
export async function* readPages<Event extends DomainEvent>(
  pages: AsyncIterable<readonly StoredMessage[]>,
  reader: CommitReader<Event>,
  end: ReadEnd,
): AsyncGenerator<readonly Commit<Event>[], void, undefined> {
  end.signal?.throwIfAborted();
  let last = 0;
  for await (const page of pages) {
    const read = await readPage(page, reader, end, last);
    if (read.commits.length > 0) yield read.commits;
    end.signal?.throwIfAborted();
    if (read.error !== undefined) throw read.error;
    last = read.last;
    if (!read.ended) continue;
    if (!end.goesOn) reader.holes.assertNone();
    return;
  }
  if (!end.goesOn) reader.holes.assertNone();
  if (!end.reached || last >= end.sequence) return;
  const what = `nothing is left after ${last}: it was purged while it was read`;
  throw new CorruptError({ kind: "stream", sequence: end.sequence }, what);
}

interface PageRead<Event extends DomainEvent> {
  readonly commits: readonly Commit<Event>[];
  /** The last sequence read; that of the page before when none was. */
  readonly last: Sequence;
  readonly ended: boolean;
  readonly error: Error | undefined;
}

async function readPage<Event extends DomainEvent>(
  page: readonly StoredMessage[],
  reader: CommitReader<Event>,
  end: ReadEnd,
  before: Sequence,
): Promise<PageRead<Event>> {
  const commits: Commit<Event>[] = [];
  let last = before;
  try {
    for (const message of page) {
      if (isBeyond(message, reader, end)) {
        await assertWhole(message, reader, end, last);
        return { commits, last, ended: true, error: undefined };
      }
      const read = reader.read(message);
      const commit = read instanceof Promise ? await read : read;
      last = message.sequence;
      if (commit !== undefined) commits.push(commit);
    }
    return { commits, last, ended: false, error: undefined };
  } catch (error) {
    return { commits, last, ended: true, error: error as Error };
  }
}

function isBeyond(
  message: StoredMessage,
  reader: CommitReader<DomainEvent>,
  { sequence, timeMs }: ReadEnd,
): boolean {
  return message.sequence > sequence || (message.timeMs > timeMs && reader.selects(message));
}

/** The first message beyond the end of a read shows whether the read was whole. */
async function assertWhole(
  message: StoredMessage,
  reader: CommitReader<DomainEvent>,
  { sequence, reached }: ReadEnd,
  last: Sequence,
): Promise<void> {
  if (last === 0) await reader.assertStart(message);
  if (!reached || last >= sequence || message.sequence <= sequence) return;
  throw new TruncatedError(message, message.sequence, "it was cut while it was read");
}
