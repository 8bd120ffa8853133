import { copyOf } from "../event/copy.ts";
import {
  type Commit,
  ConfigError,
  CorruptError,
  type DomainEvent,
  PoisonError,
  TruncatedError,
} from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { foreignBase } from "./identity.ts";
import { advance, type Root } from "./root.ts";

/** The state after more events; neither the state nor the events given are touched. */
export function applyAll<State, Event extends DomainEvent>(
  aggregate: Foldable<State, Event>,
  state: State,
  events: readonly Event[],
): State {
  let current = copyOf(state, "state");
  for (const event of events) current = stateAfter(aggregate, current, copyOf(event));
  return current;
}

/** @throws {@link ConfigError} when `apply` gives a promise, or no state at all */
function stateAfter<State, Event extends DomainEvent>(
  aggregate: Foldable<State, Event>,
  before: State,
  event: Event,
): State {
  const after = aggregate.apply(before, event);
  if ((after === undefined && before !== undefined) || after instanceof Promise) {
    throw noState(aggregate, `apply of "${event.type}"`, after);
  }
  return after;
}

/** What a function returned that must return a state. A promise's rejection is nobody's. */
function noState(
  { events }: { readonly events: { readonly name: string } },
  what: string,
  value: unknown,
): ConfigError {
  if (value instanceof Promise) value.catch(() => undefined);
  const got = value instanceof Promise ? "a promise" : "undefined";
  return new ConfigError(`aggregate "${events.name}": ${what} must return a state, got ${got}`);
}

/** Commits folded onto a root, one after the other; a new root is made only when it is asked for. */
export class Fold<State, Event extends DomainEvent> {
  readonly #aggregate: Foldable<State, Event>;
  readonly #start: Root<State>;
  #last: Commit<Event> | undefined;
  #state: State;
  /** The state is this fold's alone, and may be given to `apply`. */
  #own = false;
  #revision: number;
  #checksum: number;
  #latestMs: number | undefined;
  #snapshotRevision: number;

  constructor(aggregate: Foldable<State, Event>, start: Root<State>) {
    this.#aggregate = aggregate;
    this.#start = start;
    this.#state = start.state;
    this.#revision = start.head.revision;
    this.#checksum = start.head.checksum;
    this.#latestMs = start.latestMs;
    this.#snapshotRevision = start.snapshotRevision;
  }

  /** The root as of the last commit. */
  get root(): Root<State> {
    if (this.#last === undefined) return this.#start;
    this.#own = false;
    const { head, commitId } = this.#last;
    return advance(this.#start, {
      head,
      commitId,
      state: this.#state,
      latestMs: this.#latestMs,
      snapshotRevision: this.#snapshotRevision,
    });
  }

  /**
   * Fold the aggregate's next commit, decoding its events.
   * @throws {@link CorruptError} when it does not follow the last one
   * @throws {@link TruncatedError} when a base stands for what was not folded, and holds the state of
   *   another definition
   * @throws {@link PoisonError} when an event or a base can't be read
   */
  add(commit: Commit<Event>): void {
    const { frame, timeMs, lastRevision } = commit;
    if (frame.base === undefined) this.#apply(commit);
    else if (!this.#passes(commit)) {
      this.#state = baseState(this.#aggregate, commit);
      this.#own = true;
      this.#snapshotRevision = lastRevision;
    }
    this.#latestMs = later(this.#latestMs, timeMs);
    this.#revision = lastRevision;
    this.#checksum = frame.checksum;
    this.#last = commit;
  }

  /** Another definition's base is a commit like any other to who has folded what is before it. */
  #passes(base: Commit<Event>): boolean {
    const foreign = foreignBase(this.#aggregate, base);
    if (foreign === undefined) return false;
    const { lastRevision, frame, sequence } = base;
    const whole = lastRevision === this.#revision && frame.previousChecksum === this.#checksum;
    if (whole) return true;
    const detail = `its earlier history was cut, and the base that stands for it ${foreign}`;
    throw new TruncatedError(base, sequence, detail);
  }

  #apply(commit: Commit<Event>): void {
    const { firstRevision, frame, envelopes } = commit;
    if (firstRevision !== this.#revision + 1) {
      const text = `revision ${firstRevision} after revision ${this.#revision}`;
      throw new CorruptError(commit.at, text);
    }
    if (frame.previousChecksum !== this.#checksum) {
      throw new CorruptError(commit.at, "it was written on another commit than the one before it");
    }
    let state = this.#own ? this.#state : copyOf(this.#state, "state");
    for (const { event } of envelopes) state = stateAfter(this.#aggregate, state, event as Event);
    this.#state = state;
    this.#own = true;
  }
}

/** The later of two times; unknown when one of them is. */
function later(one: number | undefined, other: number): number | undefined {
  if (one === undefined || Number.isNaN(other)) return undefined;
  return Math.max(one, other);
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
      if (current === undefined || current instanceof Promise) {
        throw noState(aggregate, "upcastState", current);
      }
    }
    return current as State;
  } catch (cause) {
    throw new PoisonError(commit.at, "a base whose state can't be read", { cause });
  }
}
