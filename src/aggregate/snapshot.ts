import { checkId, type DomainEvent, type EventStore, isJetfoldError } from "../event/index.ts";
import { checkFamily } from "../event/name.ts";
import type { Foldable } from "./aggregate.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-record.ts";
import { type Definition, lacksName, ownerIn } from "./identity.ts";
import { type Root, takeIn } from "./root.ts";
import { checkKind, checkStore } from "../event/kinds.ts";

/** What reading and writing snapshots takes. */
export type SnapshotStore = Pick<
  EventStore,
  "name" | "snapshots" | "storeId" | "onWarning" | "roots"
>;

/**
 * One snapshot for each aggregate, reducer version and name: an old process does not use a new one's,
 * nor one definition another's.
 */
function snapshotKey(
  { events, version, name }: Pick<Definition, "events" | "version" | "name">,
  id: string,
): string {
  const key = `${checkFamily(events)}.${checkId(id)}.${version}`;
  return name === undefined ? key : `${key}.${name}`;
}

/**
 * Write a snapshot of a root, in place of the one before.
 * @throws {@link UnstorableError} when the state holds a value that would come back changed (a Map, a
 *   class instance), with its path; {@link InvalidInputError} when it is too large for one message, or
 *   another definition (or version) folded the root
 * @throws {@link ConfigError} when another definition without a name has been read with on this
 *   store whose code is equal
 */
export async function saveSnapshot<State>(
  store: SnapshotStore,
  aggregate: Foldable<State, DomainEvent>,
  root: Root<State>,
): Promise<void> {
  checkStore(store, "snapshots");
  checkKind("aggregate", aggregate);
  const owner = ownerIn(store.roots, aggregate);
  if (owner === undefined) throw lacksName(aggregate);
  const value = encodeSnapshot(store.storeId, aggregate, takeIn(aggregate, root), owner);
  await store.snapshots.put(snapshotKey(aggregate, root.id), value);
}

/**
 * The root in an aggregate's snapshot; undefined when there is none that can be used. A snapshot is
 * only a cache: a bucket that does not answer is a warning and a longer replay.
 * @throws the signal's reason when aborted; {@link StreamChangedError} when it is the store's own stream
 *   that was changed (where only the bucket is gone, nothing is lost); {@link ClosedError}
 */
export async function readSnapshot<State>(
  store: SnapshotStore,
  aggregate: Foldable<State, DomainEvent>,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Root<State> | undefined> {
  try {
    const key = snapshotKey(aggregate, id);
    const entry = await store.snapshots.get(key, { fresh: "replica", signal });
    if (entry === undefined) return undefined;
    const owner = ownerIn(store.roots, aggregate);
    if (owner === undefined) return undefined;
    return decodeSnapshot(entry.value, store.storeId, aggregate, id, owner);
  } catch (cause) {
    signal?.throwIfAborted();
    const moved = isJetfoldError(cause, "stream-changed") && cause.stream === store.name;
    if (moved || isJetfoldError(cause, "closed")) throw cause;
    const message = `the snapshot of ${aggregate.events.name} "${id}" can't be read`;
    store.onWarning({ code: "snapshot", message, cause });
    return undefined;
  }
}

/** Leave none of an aggregate's snapshots of a reducer version, and of all earlier ones. */
export async function clearSnapshots(
  { snapshots }: Pick<EventStore, "snapshots">,
  aggregate: Pick<Definition, "events" | "version" | "name">,
  id: string,
): Promise<void> {
  for (let { version } = aggregate; version > 0; version--) {
    await snapshots.remove(snapshotKey({ ...aggregate, version }, id));
  }
}

/** Remove the snapshots of versions of before. One that can't be removed is a warning. */
export async function clearOldSnapshots(
  store: Pick<EventStore, "snapshots" | "onWarning">,
  aggregate: Pick<Definition, "events" | "version" | "name">,
  id: string,
): Promise<void> {
  try {
    await clearSnapshots(store, { ...aggregate, version: aggregate.version - 1 }, id);
  } catch (cause) {
    const what = `${aggregate.events.name} "${id}"`;
    const message = `snapshots of earlier versions of ${what} can't be removed`;
    store.onWarning({ code: "snapshot", message, cause });
  }
}
