import {
  CheckpointError,
  type EventStore,
  InvalidInputError,
  type Selectable,
  type Sequence,
} from "../../event/index.ts";
import { checkSequence, findCommit, selectorOf } from "../../event/backend/index.ts";
import { checkOptions, isObject, isSequence, isText, type Rules } from "../../event/arguments.ts";
import { unregister } from "../../event/registry.ts";
import type { Projection } from "../projection.ts";
import { owesEffects, type ParkedCommit, type Place } from "../parking/parked.ts";
import type { Checkpoint, CheckpointOwner, Checkpoints, LastCommit } from "./checkpoint.ts";
import { selectedBy } from "./selected-by.ts";
import { checkKind, checkStore } from "../../event/kinds.ts";

/** Where a projection goes on in the store it was moved to. */
export interface AdoptOptions<Tx = unknown> {
  /** Where the checkpoint is, if it is not where it is to be: in another store's bucket, say. */
  readonly source?: Checkpoints<Tx>;
  /** The name of the store that the checkpoint is of, if it was another. @default the store's own */
  readonly from?: string;
  /**
   * The read model has everything at or below this sequence of the new store.
   * @default where its last handled commit lies there: right when the copy has kept the order of all
   *   commits (a mirror, a restored backup, an import of a store nobody else writes to)
   */
  readonly at?: Sequence;
  /**
   * Its side effects are done at or below this sequence of the new store, where later ones are still
   * to be done.
   * @default behind the last commit whose side effects were done
   */
  readonly effects?: Sequence;
}

/**
 * Move a projection's checkpoint to the store that its events were migrated to, so that it goes on
 * there. The projection must not be running.
 * @returns the sequence after which it goes on
 * @throws {@link NotFoundError} when there is no checkpoint
 * @throws {@link CorruptError} when the last handled commit, or one that is set aside, is not in the
 *   new store
 * @throws {@link InvalidInputError} when a message that is no commit is set aside, `at` is before that
 *   commit, or beyond the store's end, or it is not known where the side effects are to go on
 */
export async function adoptCheckpoint<Tx>(
  store: EventStore,
  projection: Pick<Projection, "name" | "version" | "events">,
  checkpoints: Checkpoints<Tx>,
  options: AdoptOptions<Tx> = {},
): Promise<Sequence> {
  checkStore(store, "replay");
  checkKind("projection", projection);
  checkKind("checkpoints", checkpoints);
  checkOptions("adoptCheckpoint", options, adoptRules);
  const { source = checkpoints, from = store.name, at, effects } = options;
  const { name, version, events } = projection;
  const old = { store: from, name, version };
  const { at: before, parked, active } = await source.resume(old);
  if (before === undefined)
    throw new CheckpointError(`projection "${name}" has no checkpoint to adopt`);
  const last = await placeOf(store, projection, before);
  const sequence =
    at === undefined ? last.sequence : await checkAt(store, projection, at, last.sequence);
  const { lastCommit, stamp: _, effects: __, lastEffect: ___, ...rest } = before;
  const checkpoint: Checkpoint = {
    ...rest,
    storeId: store.storeId,
    sequence,
    selects: selectedBy(events),
    ...(lastCommit && {
      lastCommit: { ...lastCommit, sequence: last.sequence, commitId: last.commitId },
    }),
    ...(await effectsIn(store, projection, before, sequence, effects)),
  };
  const park = await Promise.all(parked.map((one) => placeParked(store, projection, one)));
  const resumed = await checkpoints.resume({ store: store.name, name, version });
  const step = { checkpoint: () => checkpoint, park };
  // The version that queries read is it in the new place, too.
  if (active === version && resumed.active === undefined) await resumed.activate(step);
  else await resumed.write(step);
  await leave(store, old, source, checkpoints, before.storeId);
  return sequence;
}

/** What the new checkpoint says of side effects. */
async function effectsIn(
  store: EventStore,
  projection: { readonly events: Selectable },
  { sequence: before, effects, lastEffect }: Checkpoint,
  sequence: Sequence,
  given: Sequence | undefined,
): Promise<Pick<Checkpoint, "effects" | "lastEffect">> {
  if (effects === undefined) return {};
  if (given !== undefined) return { effects: given };
  if (effects >= before) return { effects: sequence };
  if (lastEffect !== undefined) {
    const found = await find(store, projection, lastEffect);
    const { commitId } = found;
    return {
      effects: found.sequence,
      lastEffect: { ...lastEffect, sequence: found.sequence, commitId },
    };
  }
  if (effects === 0) return { effects };
  const rule = `must be given: side effects after ${effects} were still to be done, and where that is in "${store.name}" is not known`;
  throw new InvalidInputError("effects", rule, given);
}

const adoptRules: Rules<AdoptOptions> = {
  source: isObject,
  from: (value) => (value === "" ? "must name a store" : isText(value)),
  at: isSequence,
  effects: isSequence,
};

/** Forget the old checkpoint, unless the new one is in its place. */
async function leave<Tx>(
  store: EventStore,
  old: CheckpointOwner,
  source: Checkpoints<Tx>,
  checkpoints: Checkpoints<Tx>,
  storeId: string,
): Promise<void> {
  const { name, version } = old;
  const home = await source.home?.(store.name);
  const same = home === (await checkpoints.home?.(store.name));
  if (same && old.store === store.name) return;
  // Where the store is not named, the new one is in the old one's place.
  if ((await source.resume(old)).at?.storeId !== storeId) return;
  await source.forget(old);
  if (!same) await unregister(store.projections, { name, version, home });
}

/** A commit in the new store. */
type Found = Pick<LastCommit, "sequence" | "commitId">;

const nowhere: Found = { sequence: 0, commitId: "" };

/** The last handled commit in the new store. */
async function placeOf(
  store: EventStore,
  projection: { readonly events: Selectable },
  { lastCommit }: Checkpoint,
): Promise<Found> {
  return lastCommit === undefined ? nowhere : find(store, projection, lastCommit);
}

/** What was set aside, where it lies in the new store. */
async function placeParked(
  store: EventStore,
  projection: { readonly events: Selectable },
  parked: ParkedCommit,
): Promise<ParkedCommit> {
  const { effects, ...rest } = parked;
  const place = await placeIn(store, projection, rest, parked);
  // Where nobody knows any more how far they were done beyond it, they are done again.
  if (effects === undefined || !owesEffects(parked)) return { ...rest, ...place };
  const owed = await placeIn(store, projection, effects, parked);
  return { ...rest, ...place, effects: { ...effects, ...owed } };
}

async function placeIn(
  store: EventStore,
  projection: { readonly events: Selectable },
  { sequence, commitId, revision }: Place,
  aggregate: ParkedCommit,
): Promise<Pick<Place, "sequence" | "commitId">> {
  const { family, id } = aggregate;
  if (revision === undefined) {
    throw new CheckpointError(
      `what is set aside of ${family} "${id}" is no commit, and could not be found again: retry or ` +
        "discard it in the old store",
    );
  }
  const at = { family, id, sequence, revision, commitId: commitId ?? "" };
  const found = await find(store, projection, at);
  if (commitId === undefined) return { sequence: found.sequence + 1 };
  return { sequence: found.sequence, commitId: found.commitId };
}

/** By its id; in an import, which gives ids of its own, by its last event's revision. */
async function find(
  store: EventStore,
  { events }: { readonly events: Selectable },
  { family, id, commitId, sequence, revision }: LastCommit,
): Promise<Found> {
  const definition = selectorOf(events).families.get(family)?.[0]?.family;
  if (definition !== undefined) {
    const sought = { commitId, since: 0, expected: 0 };
    const byId = commitId !== "" && findCommit(store, definition, id, sought, { fresh: "leader" });
    const found = byId && (await byId).found;
    if (found && found.lastRevision === revision) return found;
    for await (const commit of store.replay(definition.of(id)).commits()) {
      if (commit.lastRevision === revision) return commit;
    }
  }
  throw new CheckpointError(
    `commit "${commitId}" of ${family} "${id}", which was handled or set aside at ${sequence}, is not in ` +
      `store "${store.name}"`,
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
