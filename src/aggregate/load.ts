import {
  type Commit,
  CorruptError,
  type DomainEvent,
  type EventStore,
  isJetfoldError,
  type Sequence,
} from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { Fold } from "./fold.ts";
import { ownerIn } from "./identity.ts";
import { isPurged, lastFrom, reaches } from "./kept.ts";
import { emptyRoot, type Root } from "./root.ts";
import { readSnapshot, type SnapshotStore } from "./snapshot.ts";

/** What loading takes of a store. */
export type LoadStore = Pick<
  EventStore,
  "replay" | "history" | "last" | "at" | "doubtMs" | "stampAt" | "lastSequence"
> &
  SnapshotStore;

/** How fresh a root must be, and what ends its reading. */
export interface LoadOptions {
  /** `"leader"`: the state as of the leader's last commit, never a stale replica's. */
  readonly fresh?: "leader";
  /** Whether the root must know its `latestMs`. @default false, which is faster */
  readonly times?: boolean;
  readonly signal?: AbortSignal;
}

/** How often a load begins again when its history changes under it (a truncation, a bad snapshot). */
const maxAttempts = 3;

/**
 * The root as of the aggregate's last commit, from its snapshot or base and the events after it;
 * undefined when it has no commit.
 * @throws as `read`
 */
export async function loadRoot<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  id: string,
  options: LoadOptions,
): Promise<Root<State> | undefined> {
  const signal = options.signal && { signal: options.signal };
  // Also where no snapshot is asked for: a truncation must know who folds the family.
  ownerIn(store.roots, aggregate);
  let known: Root<State> | undefined;
  for (let attempt = 1; ; attempt++) {
    // From the second attempt on nothing that may be stale or only a cache is believed.
    const careful = attempt > 1;
    const leader = careful || options.fresh === "leader";
    const [snapshot, found] = await Promise.all([
      careful ? undefined : readSnapshot(store, aggregate, id, options.signal),
      store.last(aggregate.events, id, { ...(leader && { fresh: "leader" }), ...signal }),
    ]);
    known ??= snapshot;
    const last = await lastKnowing(store, aggregate, known, found, options);
    if (last === undefined) return undefined;
    try {
      const start = usable(snapshot, last, options.times) ?? emptyRoot(aggregate, id);
      return await foldTo(store, aggregate, start, last, options);
    } catch (error) {
      const moved = isJetfoldError(error, "corrupt") || isJetfoldError(error, "truncated");
      if (!moved || attempt === maxAttempts) throw error;
    }
  }
}

/**
 * The last commit, given what some replica shows of it and what is known from a snapshot. An older
 * one comes from a stale replica, or what the snapshot is of is gone.
 */
async function lastKnowing<State, Event extends DomainEvent>(
  store: LoadStore,
  { events }: Foldable<State, Event>,
  known: Root<State> | undefined,
  found: Commit<Event> | undefined,
  { signal }: LoadOptions,
): Promise<Commit<Event> | undefined> {
  if (known === undefined || reaches(found, known.head)) return found;
  const purged = await isPurged(store, known, signal);
  if (purged) return lastFrom(store, events, known, signal);
  return store.last(events, known.id, { fresh: "leader", ...(signal && { signal }) });
}

/** The snapshot, unless the stream contradicts it, or it lacks a time that is needed. */
function usable<State>(
  snapshot: Root<State> | undefined,
  last: Commit,
  times = false,
): Root<State> | undefined {
  if (snapshot === undefined || !reaches(last, snapshot.head)) return undefined;
  return times && snapshot.latestMs === undefined ? undefined : snapshot;
}

type Visit<State, Event extends DomainEvent> = (
  commit: Commit<Event>,
  fold: Fold<State, Event>,
) => void;

/**
 * Fold the commits after a root up to and including `last`.
 * @throws {@link CorruptError} when they do not lead there
 */
export async function foldTo<State, Event extends DomainEvent>(
  store: Pick<EventStore, "history" | "replay">,
  aggregate: Foldable<State, Event>,
  start: Root<State>,
  last: Commit<Event>,
  { times = false, signal }: LoadOptions,
  visit?: Visit<State, Event>,
): Promise<Root<State>> {
  const after = start.head.sequence;
  if (last.sequence === after) return start;
  const bounds = { after, ...(signal && { signal }) };
  try {
    const commits = isNext(start, last) ? [last] : store.history(last, { ...bounds, times });
    return await foldAll(aggregate, start, last, commits, visit);
  } catch (error) {
    signal?.throwIfAborted();
    if (!isJetfoldError(error, "truncated")) throw error;
    // The base is another definition's; what it stands for may be there all the same.
    const events = aggregate.events.of(last.id);
    const commits = store.replay(events, { ...bounds, until: last.sequence }).commits();
    return foldAll(aggregate, start, last, commits as AsyncIterable<Commit<Event>>, visit).catch(
      () => {
        signal?.throwIfAborted();
        throw error;
      },
    );
  }
}

async function foldAll<State, Event extends DomainEvent>(
  aggregate: Foldable<State, Event>,
  start: Root<State>,
  last: Commit<Event>,
  commits: AsyncIterable<Commit<Event>> | readonly Commit<Event>[],
  visit?: Visit<State, Event>,
): Promise<Root<State>> {
  const fold = new Fold(aggregate, start);
  for await (const commit of commits) {
    fold.add(commit);
    visit?.(commit, fold);
  }
  const { root } = fold;
  if (root.head.sequence === last.sequence) return root;
  throw new CorruptError(last.at, `reading up to it ended at sequence ${root.head.sequence}`);
}

/** The last commit is all there is to fold: no need to ask for what lies between. */
function isNext(start: Root<unknown>, last: Commit): boolean {
  if (last.base !== undefined) return true;
  const { sequence, revision } = start.head;
  return previousOf(last) === sequence && last.firstRevision === revision + 1;
}

function previousOf(commit: Commit): Sequence {
  return commit.frame.links[0] ?? 0;
}
