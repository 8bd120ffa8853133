import type { Commit } from "../commit.ts";
import type { CommitReader } from "./commit-reader.ts";
import type { DomainEvent } from "../family.ts";
import type { Sequence } from "../sequence.ts";
import type { StoredMessage } from "./stored-message.ts";

/** Where a finite read ends. */
export interface ReadEnd {
  /** Inclusive: nothing after this sequence is read. */
  readonly sequence: Sequence;
  /** Inclusive: reading ends before the first selected message stored later than this time. */
  readonly timeMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The selected commits of a backend's pages of messages, up to an end.
 * @throws the signal's reason when aborted, and as `Replay.replay`
 */
export async function* readPages<Event extends DomainEvent>(
  pages: AsyncIterable<readonly StoredMessage[]>,
  reader: CommitReader<Event>,
  { sequence, timeMs, signal }: ReadEnd,
): AsyncGenerator<Commit<Event>, void, undefined> {
  signal?.throwIfAborted();
  for await (const page of pages) {
    for (const message of page) {
      if (message.sequence > sequence) return;
      if (message.timeMs > timeMs && reader.selects(message)) return;
      const commit = reader.read(message);
      if (commit === undefined) continue;
      yield commit;
      signal?.throwIfAborted();
    }
  }
}
