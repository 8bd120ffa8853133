import {
  type Commit,
  type DomainEvent,
  type EventStore,
  isJetfoldError,
  type Published,
  UnknownOutcomeError,
} from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { assertSameCommand } from "./command-digest.ts";
import { eventsOf, type Executed, executed, type Execution } from "./execution.ts";
import type { Fold } from "./fold.ts";
import { lastFrom, reaches } from "./kept.ts";
import { foldTo } from "./load.ts";
import { findOrNew, readRoot } from "./read.ts";
import type { Root } from "./root.ts";

/** What catching up found. */
export interface CaughtUp<State, Event extends DomainEvent> {
  /** The root as of the leader's last commit; the same root when there is none after it. */
  readonly root: Root<State>;
  /** The result of this execution, when its commit is among those caught up with. */
  readonly own: Executed<State, Event> | undefined;
  /** All commits between the root before and this one were looked at, so none of them is its own. */
  readonly whole: boolean;
}

/** Catch a root up with the leader, and look for the execution's own commit on the way. */
export async function catchUp<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  execution: Execution<unknown>,
): Promise<CaughtUp<State, Event>> {
  const { commitId, ending, seed } = execution;
  const { signal } = ending;
  const leader = { fresh: "leader", signal } as const;
  const { head } = root;
  const answered = await store.last(aggregate.events, seed.id, leader);
  if (answered === undefined && head.sequence === 0) return { root, own: undefined, whole: true };
  const last = reaches(answered, head)
    ? answered
    : await lastFrom(store, aggregate.events, root, signal);
  if (last.sequence === head.sequence) return { root, own: undefined, whole: true };
  let own: Executed<State, Event> | undefined;
  const visit = (commit: Commit<Event>, fold: Fold<State, Event>): void => {
    if (commit.commitId !== commitId) return;
    assertSameCommand(commit, execution);
    own = executed(aggregate, fold.root, eventsOf(commit));
  };
  try {
    const current = await foldTo(store, aggregate, root, last, { signal }, visit);
    return { root: current, own, whole: true };
  } catch (error) {
    signal.throwIfAborted();
    if (isJetfoldError(error, "commit-id-reused")) throw error;
    // History changed under the root (a truncation): begin again, with all there is.
    const anew = await findOrNew(store, aggregate, seed.id, leader);
    return { root: anew, own: undefined, whole: false };
  }
}

/** The result of an earlier call with the same commit id, if its commit is still kept. */
export async function findOwn<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  execution: Execution<unknown>,
): Promise<Executed<State, Event> | undefined> {
  const { commitId, ending, seed } = execution;
  const { signal } = ending;
  const history = store.replay(aggregate.events.of(seed.id), { signal });
  for await (const commit of history.commits() as AsyncIterable<Commit<Event>>) {
    if (commit.commitId !== commitId) continue;
    assertSameCommand(commit, execution);
    return resultAt(store, aggregate, commit, signal);
  }
  return undefined;
}

/**
 * What is stored under the commit id, whatever this attempt decided.
 * @throws {@link UnknownOutcomeError} when it can't be read now
 */
export async function storedResult<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  { head }: Published,
  execution: Execution<unknown>,
): Promise<Executed<State, Event>> {
  const { commitId, deadline, ending, seed } = execution;
  const { signal } = ending;
  try {
    const stored: unknown = await store.at(aggregate.events.of(seed.id), head.sequence, { signal });
    const commit = stored as Commit<Event> | undefined;
    if (commit?.commitId === commitId) {
      assertSameCommand(commit, execution);
      return await resultAt(store, aggregate, commit, signal);
    }
    // Stored, and cut off since: only the state that came of it is left.
    const root = await readRoot(store, aggregate, seed.id, { fresh: "leader", signal });
    return executed(aggregate, root, []);
  } catch (cause) {
    if (!isJetfoldError(cause, "unavailable")) throw cause;
    throw new UnknownOutcomeError(commitId, deadline.budgetMs, { cause });
  }
}

async function resultAt<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  commit: Commit<Event>,
  signal: AbortSignal,
): Promise<Executed<State, Event>> {
  const events = eventsOf(commit);
  try {
    const root = await readRoot(store, aggregate, commit.id, { until: commit.sequence, signal });
    return executed(aggregate, root, events);
  } catch (error) {
    if (!(isJetfoldError(error, "truncated") || isJetfoldError(error, "not-found"))) throw error;
    const current = await readRoot(store, aggregate, commit.id, { fresh: "leader", signal });
    return executed(aggregate, current, events);
  }
}
