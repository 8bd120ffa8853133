import { type Commit, CorruptError, type DomainEvent, PoisonError } from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { advance, type Root } from "./root.ts";

/** The state after more events. */
export function applyAll<State, Event extends DomainEvent>(
  aggregate: Foldable<State, Event>,
  state: State,
  events: readonly Event[],
): State {
  return events.reduce((current, event) => aggregate.apply(current, event), state);
}

/**
 * The root after the aggregate's next commit, decoding its events.
 * @throws {@link CorruptError} when the commit does not follow the root's last one
 * @throws {@link PoisonError} when an event or a base can't be read
 */
export function applyCommit<State, Event extends DomainEvent>(
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  commit: Commit<Event>,
): Root<State> {
  const { head, commitId, timeMs, base } = commit;
  const latestMs = root.latestMs === undefined ? undefined : Math.max(root.latestMs, timeMs);
  const next = { head, commitId, latestMs };
  if (base !== undefined) {
    const state = baseState(aggregate, commit);
    return advance(root, { ...next, state, snapshotRevision: head.revision });
  }
  assertNext(root, commit);
  let { state } = root;
  for (const envelope of commit.envelopes) state = aggregate.apply(state, envelope.event as Event);
  return advance(root, { ...next, state });
}

function assertNext({ head }: Root<unknown>, { frame, firstRevision, at }: Commit): void {
  if (firstRevision !== head.revision + 1) {
    throw new CorruptError(at, `revision ${firstRevision} after revision ${head.revision}`);
  }
  if (frame.previousChecksum !== head.checksum) {
    throw new CorruptError(at, "it was written on another commit than the one before it");
  }
}

/** The state a base holds, brought to today's reducer version; a base is never replayed around. */
function baseState<State>(aggregate: Foldable<State, DomainEvent>, commit: Commit): State {
  const base = commit.base!;
  const { reducerVersion } = base;
  const { version, upcastState, events } = aggregate;
  if (reducerVersion > version) {
    throw new PoisonError(
      commit.at,
      `a base of reducer version ${reducerVersion}, known ${version}`,
    );
  }
  if (reducerVersion < version && upcastState === undefined) {
    throw new PoisonError(
      commit.at,
      `a base of reducer version ${reducerVersion}: declare upcastState to bring it to ${version}`,
    );
  }
  try {
    let current = base.value ?? commit.codec.decode(base.state, events.name);
    for (const step of upcastState?.slice(reducerVersion - 1) ?? []) {
      current = step(current as never);
    }
    return current as State;
  } catch (cause) {
    throw new PoisonError(commit.at, "a base whose state can't be read", { cause });
  }
}
