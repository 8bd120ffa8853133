import { CorruptError, type EventStore, type Selectable } from "../event/index.ts";
import type { Checkpoint } from "./checkpoint.ts";

/**
 * Check that a checkpoint still means something in this store.
 * @throws {@link CorruptError} when it is of another store, or the stream was rewound below it: to
 *   go on would skip events
 */
export async function verifyCheckpoint(
  store: Pick<EventStore, "name" | "storeId" | "at" | "end">,
  selection: Selectable,
  { storeId, sequence, lastCommit }: Checkpoint,
): Promise<void> {
  const at = { sequence, subject: store.name };
  if (storeId !== store.storeId) {
    throw new CorruptError(at, `the checkpoint is of store ${storeId}, this is ${store.storeId}`);
  }
  if (lastCommit === undefined) return;
  const commit = await store.at(selection, lastCommit.sequence);
  if (commit !== undefined && commit.commitId !== lastCommit.commitId) {
    throw new CorruptError(at, "the stream was rewound and written again below the checkpoint");
  }
  if (commit === undefined && (await store.end(selection)) < lastCommit.sequence) {
    throw new CorruptError(at, "the stream ends before the checkpoint: it was rewound");
  }
}
