import { ConfigError, CorruptError, type EventStore } from "../event/index.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Projection } from "./projection.ts";
import { addedTo, selectedBy } from "./selected-by.ts";

/**
 * Check that a checkpoint still means something for this projection in this store.
 * @throws {@link CorruptError} when it is of another store, or the stream was rewound below it: to
 *   go on would skip events
 * @throws {@link ConfigError} when the projection has since taken on a family, a type or an
 *   aggregate: its past would be missing
 */
export async function verifyCheckpoint(
  store: Pick<EventStore, "name" | "storeId" | "at" | "end">,
  { name, version, events }: Projection,
  checkpoint: Checkpoint,
): Promise<void> {
  const { storeId, sequence, lastCommit } = checkpoint;
  const at = { sequence, subject: store.name };
  if (storeId !== store.storeId) {
    throw new CorruptError(at, `the checkpoint is of store ${storeId}, this is ${store.storeId}`);
  }
  const added = addedTo(checkpoint.selects, selectedBy(events));
  if (added.length > 0) {
    throw new ConfigError(
      `projection "${name}" version ${version} now selects ${added.join(", ")}, whose events up to ` +
        `its checkpoint ${sequence} it has not handled: raise its version`,
    );
  }
  if (lastCommit === undefined) return;
  const commit = await store.at(events, lastCommit.sequence);
  if (commit !== undefined && commit.commitId !== lastCommit.commitId) {
    throw new CorruptError(at, "the stream was rewound and written again below the checkpoint");
  }
  if (commit === undefined && (await store.end(events)) < lastCommit.sequence) {
    throw new CorruptError(at, "the stream ends before the checkpoint: it was rewound");
  }
}
