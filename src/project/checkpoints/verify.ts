import { CheckpointError, type EventStore, StreamChangedError } from "../../event/index.ts";
import { backOff, deadlineIn, selectorOf } from "../../event/backend/index.ts";
import type { Projection } from "../projection.ts";
import type { Checkpoint, LastCommit } from "./checkpoint.ts";
import { addedTo, selectedBy } from "./selected-by.ts";

/** What a checkpoint is checked against. */
export type CheckedStore = Pick<
  EventStore,
  "name" | "storeId" | "doubtMs" | "at" | "last" | "end" | "stampAt" | "firstSequence"
>;

/**
 * Check that a checkpoint still means something for this projection in this store.
 * @throws {@link StreamChangedError} when it is of another store, or the stream was rewound below it, or
 *   purged: to go on would skip events. A leader that may be deposed must say so for `doubtMs`
 * @throws {@link CheckpointError} when the projection has since taken on a family, a type or an
 *   aggregate: its past would be missing
 */
export async function verifyCheckpoint(
  store: CheckedStore,
  { name, version, events }: Pick<Projection, "name" | "version" | "events">,
  checkpoint: Checkpoint,
): Promise<void> {
  const { storeId, sequence } = checkpoint;
  if (storeId !== store.storeId) {
    throw new StreamChangedError(
      store.name,
      sequence,
      `the checkpoint is of store ${storeId}, this is ${store.storeId}; if its events were ` +
        "migrated here, adopt it",
    );
  }
  const added = addedTo(checkpoint.selects, selectedBy(events));
  if (added.length > 0) {
    throw new CheckpointError(
      `projection "${name}" version ${version} now selects ${added.join(", ")}, whose events up to ` +
        `its checkpoint ${sequence} it has not handled: raise its version`,
    );
  }
  const patience = deadlineIn(store.doubtMs ?? 0);
  for (let attempt = 0; ; attempt++) {
    const patient = patience.leftMs() > 0;
    const wrong = await accusation(store, events, checkpoint);
    if (wrong === undefined) return;
    if (!patient) throw new StreamChangedError(store.name, sequence, wrong);
    await backOff(attempt, patience, undefined);
  }
}

/** What is wrong with the stream, as its leader shows it; undefined when nothing is. */
async function accusation(
  store: CheckedStore,
  events: Projection["events"],
  { sequence, lastCommit, stamp }: Checkpoint,
): Promise<string | undefined> {
  if (stamp !== undefined) {
    const now = await store.stampAt(sequence);
    if (now !== undefined && now !== stamp) return rewritten;
  }
  if (lastCommit === undefined) return undefined;
  const commit = await store.at(events, lastCommit.sequence);
  const same =
    commit?.commitId === lastCommit.commitId && commit.lastRevision === lastCommit.revision;
  if (commit !== undefined) return same ? undefined : rewritten;
  if (await isPurged(store, events, lastCommit)) return purged;
  if ((await store.end(events)) < lastCommit.sequence) {
    return "the stream ends before the checkpoint: it was rewound";
  }
  // It was cut off by a truncation, unless something else lies in its place.
  return (await store.stampAt(lastCommit.sequence)) === undefined ? undefined : rewritten;
}

/**
 * Is everything gone up to a commit, and what its aggregate came to as well? A truncation leaves an
 * aggregate's last commit. Where others are left, the aggregate was deleted on purpose.
 */
async function isPurged(
  store: CheckedStore,
  events: Projection["events"],
  { family, id, sequence, revision }: LastCommit,
): Promise<boolean> {
  const first = await store.firstSequence?.();
  const [part] = selectorOf(events).families.get(family) ?? [];
  if (first === undefined || first <= sequence || part === undefined) return false;
  const last = await store.last(part.family, id, { fresh: "leader" });
  return last === undefined || last.sequence < sequence || last.lastRevision < revision;
}

const rewritten = "the stream was rewound and written again below the checkpoint";

const purged =
  "the stream was purged up to the checkpoint, and not by a store: what was not handled by then is " +
  "gone. Restore it from a backup; or drop the projection, or raise its version, so that it begins " +
  "again with what is left";
