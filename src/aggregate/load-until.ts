import { type Commit, type DomainEvent, isJetfoldError, type Sequence } from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { Fold } from "./fold.ts";
import { isPurged, lastFrom } from "./kept.ts";
import type { LoadStore } from "./load.ts";
import { emptyRoot, type Root } from "./root.ts";
import { readSnapshot } from "./snapshot.ts";

/**
 * The root as of a sequence (inclusive) or a time (inclusive, see `ReplayOptions.until`); undefined
 * when the aggregate did not exist then.
 * @throws {@link TruncatedError} when the history up to there was cut
 */
export async function loadRootUntil<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  id: string,
  until: Sequence | Date,
  signal: AbortSignal | undefined,
): Promise<Root<State> | undefined> {
  const snapshot = await readSnapshot(store, aggregate, id, signal);
  const within = snapshot !== undefined && isWithin(snapshot, until);
  const fromSnapshot = within
    ? await tryFrom(store, aggregate, snapshot, until, signal)
    : undefined;
  if (fromSnapshot !== undefined) return fromSnapshot;
  const root = await foldUntil(store, aggregate, emptyRoot(aggregate, id), until, signal);
  if (root.head.sequence > 0) return root;
  if (within && (await isPurged(store, snapshot, signal)))
    await lastFrom(store, aggregate.events, snapshot, signal);
  return undefined;
}

/** A snapshot counts only if none of its commits lies beyond the bound. */
function isWithin({ head, latestMs }: Root<unknown>, until: Sequence | Date): boolean {
  if (typeof until === "number") return head.sequence <= until;
  return latestMs !== undefined && latestMs <= until.getTime();
}

/** Undefined when the stream contradicts the snapshot. */
async function tryFrom<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  snapshot: Root<State>,
  until: Sequence | Date,
  signal: AbortSignal | undefined,
): Promise<Root<State> | undefined> {
  try {
    const root = await foldUntil(store, aggregate, snapshot, until, signal);
    if (root !== snapshot) return root;
    const { sequence, checksum } = snapshot.head;
    const commit = await store.at(aggregate.events.of(snapshot.id), sequence, {
      ...(signal && { signal }),
    });
    return commit?.frame.checksum === checksum ? snapshot : undefined;
  } catch (error) {
    if (isJetfoldError(error, "corrupt") || isJetfoldError(error, "truncated")) return undefined;
    throw error;
  }
}

async function foldUntil<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  start: Root<State>,
  until: Sequence | Date,
  signal: AbortSignal | undefined,
): Promise<Root<State>> {
  const fold = new Fold(aggregate, start);
  const bounds = { after: start.head.sequence, until, ...(signal && { signal }) };
  const commits = store.replay(aggregate.events.of(start.id), bounds).commits();
  for await (const commit of commits as AsyncIterable<Commit<Event>>) {
    fold.add(commit);
  }
  return fold.root;
}
