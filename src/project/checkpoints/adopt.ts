import {
  CorruptError,
  type EventStore,
  InvalidInputError,
  NotFoundError,
  type Selectable,
  type Sequence,
} from "../../event/index.ts";
import { checkSequence, findCommit, selectorOf } from "../../event/backend/index.ts";
import type { Projection } from "../projection.ts";
import type { Checkpoint, CheckpointOwner, Checkpoints } from "./checkpoint.ts";
import { selectedBy } from "./selected-by.ts";

/** Where a projection goes on in the store it was moved to. */
export interface AdoptOptions {
  /** The name of the store that the checkpoint is of, if it was another. @default the store's own */
  readonly from?: string;
  /**
   * The read model has everything at or below this sequence of the new store.
   * @default where its last handled commit lies there: right when the copy has kept the order of all
   *   commits (a mirror, a restored backup, an import of a store nobody else writes to)
   */
  readonly at?: Sequence;
}

/**
 * Move a projection's checkpoint to the store that its events were migrated to, so that it goes on
 * there. The projection must not be running.
 * @returns the sequence after which it goes on
 * @throws {@link NotFoundError} when there is no checkpoint
 * @throws {@link CorruptError} when the last handled commit is not in the new store
 * @throws {@link InvalidInputError} when `at` is before that commit, or beyond the store's end
 */
export async function adoptCheckpoint<Tx>(
  store: EventStore,
  projection: Pick<Projection<never, Tx>, "name" | "version" | "events">,
  checkpoints: Checkpoints<Tx>,
  { from = store.name, at }: AdoptOptions = {},
): Promise<Sequence> {
  const { name, version, events } = projection;
  const old = { store: from, name, version };
  const before = (await checkpoints.resume(old)).at;
  if (before === undefined) throw new NotFoundError({ family: "checkpoint", id: name });
  const last = await placeOf(store, projection, before);
  const sequence = at === undefined ? last : await checkAt(store, projection, at, last);
  const { lastCommit, stamp: _, effects, ...rest } = before;
  const checkpoint: Checkpoint = {
    ...rest,
    storeId: store.storeId,
    sequence,
    selects: selectedBy(events),
    ...(lastCommit && { lastCommit: { ...lastCommit, sequence: last } }),
    ...(effects !== undefined && { effects: sequence }),
  };
  await put(checkpoints, { store: store.name, name, version }, checkpoint);
  if (from !== store.name) await checkpoints.forget(old);
  return sequence;
}

/** The sequence of the last handled commit in the new store; 0 when none was handled. */
async function placeOf(
  store: EventStore,
  { events }: { readonly events: Selectable },
  { lastCommit, sequence }: Checkpoint,
): Promise<Sequence> {
  if (lastCommit === undefined) return 0;
  const { family, id, commitId } = lastCommit;
  const definition = selectorOf(events).families.get(family)?.[0]?.family;
  const search =
    definition && (await findCommit(store, definition, id, commitId, 0, { fresh: "leader" }));
  if (search?.found !== undefined) return search.found.sequence;
  throw new CorruptError(
    { sequence, subject: `${family}.${id}` },
    `the last handled commit "${commitId}" is not in store "${store.name}"`,
  );
}

async function checkAt(
  store: EventStore,
  { events }: { readonly events: Selectable },
  at: Sequence,
  last: Sequence,
): Promise<Sequence> {
  checkSequence("at", at);
  const end = await store.end(events);
  if (at >= last && at <= end) return at;
  throw new InvalidInputError("at", `must be ${last} (the last handled commit) to ${end}`, at);
}

async function put<Tx>(
  checkpoints: Checkpoints<Tx>,
  owner: CheckpointOwner,
  checkpoint: Checkpoint,
): Promise<void> {
  const resumed = await checkpoints.resume(owner);
  await resumed.write({ checkpoint: () => checkpoint });
}
