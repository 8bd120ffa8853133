import type { DomainEvent, EventStore, Published } from "../event/index.ts";
import { call } from "../event/listener.ts";
import type { Foldable } from "./aggregate.ts";
import { keepRoot } from "./cached.ts";
import { loadRoot } from "./load.ts";
import { advance, handOut, type Root } from "./root.ts";
import { saveSnapshot } from "./snapshot.ts";

/**
 * The root after a write, kept in memory; if a snapshot is due, one is on its way.
 * @param before - what was written on
 * @param asOfMs - when the write was sent, by `performance.now()`
 */
export function rootAfterWrite<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  before: Root<State>,
  state: State,
  { head, commitId }: Published,
  asOfMs: number,
): Root<State> {
  const next = advance(before, { state, head, commitId, latestMs: undefined });
  return keepRoot(store, aggregate, afterWrite(store, aggregate, before, next), asOfMs);
}

/** The root as the policy wants it after a write. */
function afterWrite<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  before: Root<State>,
  root: Root<State>,
): Root<State> {
  if (!isDue(store, aggregate, before, root)) return root;
  const { latestMs } = before;
  store.defer(saveWithTime(store, aggregate, root, latestMs), "snapshot");
  const { head, commitId } = root;
  return advance(root, { head, commitId, snapshotRevision: head.revision });
}

/**
 * With `every`, a snapshot is due for the commit that crosses a multiple of it, so that of many
 * writers one writes it, and a state that can't be stored is not tried again at every commit.
 */
function isDue<State>(
  { onWarning }: EventStore,
  aggregate: Foldable<State, DomainEvent>,
  before: Root<State>,
  root: Root<State>,
): boolean {
  const { snapshots, events } = aggregate;
  if (snapshots === false) return false;
  const since = root.head.revision - root.snapshotRevision;
  if (typeof snapshots === "function") {
    const name = `the snapshot policy of "${events.name}"`;
    return call(name, snapshots, [handOut(aggregate, root), since], onWarning) === true;
  }
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
    const reread = await loadRoot(store, aggregate, root.id, { times: true });
    return saveSnapshot(store, aggregate, reread ?? root);
  }
  const commit = await store.at(aggregate.events.of(root.id), root.head.sequence);
  const latestMs = commit === undefined ? undefined : Math.max(before, commit.timeMs);
  await saveSnapshot(store, aggregate, advance(root, { ...root, latestMs }));
}
