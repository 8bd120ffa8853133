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
 * @throws {@link TruncatedError} when one aggregate is read from its start, and its first commit,
 *   beyond the end, shows that its start was cut
 * @throws the signal's reason when aborted, and as `Replay.replay`
 */
export async function* readPages<Event extends DomainEvent>(
  pages: AsyncIterable<readonly StoredMessage[]>,
  reader: CommitReader<Event>,
  { sequence, timeMs, signal }: ReadEnd,
): AsyncGenerator<Commit<Event>, void, undefined> {
  signal?.throwIfAborted();
  let empty = true;
  for await (const page of pages) {
    for (const message of page) {
      const beyond = message.sequence > sequence || message.timeMs > timeMs;
      if (beyond && (message.sequence > sequence || reader.selects(message))) {
        if (empty) reader.assertStart(message);
        return;
      }
      const commit = reader.read(message);
      if (commit === undefined) continue;
      empty = false;
      yield commit;
      signal?.throwIfAborted();
    }
  }
}
