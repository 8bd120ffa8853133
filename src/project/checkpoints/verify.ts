import { ConfigError, CorruptError, type EventStore } from "../../event/index.ts";
import type { Projection } from "../projection.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { addedTo, selectedBy } from "./selected-by.ts";

/** What a checkpoint is checked against. */
export type CheckedStore = Pick<EventStore, "name" | "storeId" | "at" | "end" | "stampAt">;

/**
 * Check that a checkpoint still means something for this projection in this store.
 * @throws {@link CorruptError} when it is of another store, or the stream was rewound below it: to
 *   go on would skip events
 * @throws {@link ConfigError} when the projection has since taken on a family, a type or an
 *   aggregate: its past would be missing
 */
export async function verifyCheckpoint(
  store: CheckedStore,
  { name, version, events }: Pick<Projection, "name" | "version" | "events">,
  checkpoint: Checkpoint,
): Promise<void> {
  const { storeId, sequence } = checkpoint;
  if (storeId !== store.storeId) {
    throw new CorruptError(
      { sequence, subject: store.name },
      `the checkpoint is of store ${storeId}, this is ${store.storeId}; if its events were ` +
        "migrated here, adopt it",
    );
  }
  const added = addedTo(checkpoint.selects, selectedBy(events));
  if (added.length > 0) {
    throw new ConfigError(
      `projection "${name}" version ${version} now selects ${added.join(", ")}, whose events up to ` +
        `its checkpoint ${sequence} it has not handled: raise its version`,
    );
  }
  await assertNotRewound(store, events, checkpoint);
}

async function assertNotRewound(
  store: CheckedStore,
  events: Projection["events"],
  { sequence, lastCommit, stamp }: Checkpoint,
): Promise<void> {
  const at = { sequence, subject: store.name };
  if (stamp !== undefined) {
    const now = await store.stampAt(sequence);
    if (now !== undefined && now !== stamp) throw new CorruptError(at, rewritten);
  }
  if (lastCommit === undefined) return;
  const commit = await store.at(events, lastCommit.sequence);
  const same =
    commit?.commitId === lastCommit.commitId && commit.lastRevision === lastCommit.revision;
  if (commit !== undefined && !same) throw new CorruptError(at, rewritten);
  if (commit !== undefined) return;
  if ((await store.end(events)) < lastCommit.sequence) {
    throw new CorruptError(at, "the stream ends before the checkpoint: it was rewound");
  }
  // It was cut off by a truncation, unless something else lies in its place.
  if ((await store.stampAt(lastCommit.sequence)) === undefined) return;
  throw new CorruptError(at, rewritten);
}

const rewritten = "the stream was rewound and written again below the checkpoint";
