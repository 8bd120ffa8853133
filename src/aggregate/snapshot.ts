import { checkId, type DomainEvent, type EventStore } from "../event/index.ts";
import { checkFamily } from "../event/name.ts";
import type { Foldable } from "./aggregate.ts";
import { loadRoot } from "./load.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-record.ts";
import { advance, type Root } from "./root.ts";

/** What reading and writing snapshots takes. */
export type SnapshotStore = Pick<EventStore, "snapshots" | "storeId" | "onWarning">;

/** One snapshot per aggregate and reducer version: an old process does not use a new one's. */
function snapshotKey(
  { events, version }: { readonly events: { readonly name: string }; readonly version: number },
  id: string,
): string {
  return `${checkFamily(events)}.${checkId(id)}.${version}`;
}

/**
 * Write a snapshot of a root, in place of the one before.
 * @throws {@link InvalidInputError} when the state holds a value that would come back changed (a
 *   Map, a class instance), with its path, or is too large for one message
 */
export async function saveSnapshot<State>(
  store: SnapshotStore,
  aggregate: Foldable<State, DomainEvent>,
  root: Root<State>,
): Promise<void> {
  await store.snapshots.put(snapshotKey(aggregate, root.id), encodeSnapshot(store.storeId, root));
}

/**
 * The root in an aggregate's snapshot; undefined when there is none that can be used. A snapshot is
 * only a cache: a bucket that does not answer is a warning and a longer replay.
 */
export async function readSnapshot<State>(
  store: SnapshotStore,
  aggregate: Foldable<State, DomainEvent>,
  id: string,
): Promise<Root<State> | undefined> {
  try {
    const entry = await store.snapshots.get(snapshotKey(aggregate, id), { fresh: "replica" });
    if (entry === undefined) return undefined;
    const of = { family: aggregate.events.name, id };
    return decodeSnapshot<State>(entry.value, store.storeId, of);
  } catch (cause) {
    const message = `the snapshot of ${aggregate.events.name} "${id}" can't be read`;
    store.onWarning({ code: "snapshot", message, cause });
    return undefined;
  }
}

/** The root as the policy wants it after a write: if a snapshot is due, one is on its way. */
export function afterWrite<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  before: Root<State>,
  root: Root<State>,
): Root<State> {
  if (!isDue(aggregate, before, root)) return root;
  const { latestMs } = before;
  store.defer(saveWithTime(store, aggregate, root, latestMs), "snapshot");
  return advance(root, { ...root, snapshotRevision: root.head.revision });
}

/**
 * With `every`, a snapshot is due for the commit that crosses a multiple of it, so that of many
 * writers one writes it, and a state that can't be stored is not tried again at every commit.
 */
function isDue<State>(
  { snapshots }: Foldable<State, DomainEvent>,
  before: Root<State>,
  { head, ...root }: Root<State>,
): boolean {
  if (snapshots === false) return false;
  const since = head.revision - root.snapshotRevision;
  if (typeof snapshots === "function") return snapshots({ head, ...root }, since);
  const sinceBefore = before.head.revision - root.snapshotRevision;
  return Math.floor(since / snapshots.every) > Math.floor(sinceBefore / snapshots.every);
}

/**
 * An acknowledgement does not tell when the commit was stored, and temporal reads must know. After
 * several writes in a row the times of more commits are missing, so the aggregate is read anew.
 */
async function saveWithTime<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  before: number | undefined,
): Promise<void> {
  if (before === undefined) {
    const reread = await loadRoot(store, aggregate, root.id, {});
    return saveSnapshot(store, aggregate, reread ?? root);
  }
  const commit = await store.at(aggregate.events.of(root.id), root.head.sequence);
  const latestMs = commit === undefined ? undefined : Math.max(before, commit.timeMs);
  await saveSnapshot(store, aggregate, advance(root, { ...root, latestMs }));
}
