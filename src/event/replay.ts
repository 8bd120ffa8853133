import type { Commit } from "./commit.ts";
import type { Envelope } from "./envelope.ts";
import type { CorruptError, PoisonError } from "./errors.ts";
import type { DomainEvent, Family } from "./family.ts";
import type { PoisonPolicy } from "./poison-policy.ts";
import type { EventOf, Selectable } from "./selection.ts";
import type { Sequence } from "./sequence.ts";

/** Reads what is stored. Every read is finite. */
export interface Replay {
  /**
   * The selected events, in the order of their sequences, from after `after` up to the last one
   * that is stored when reading begins (as the leader tells it). Finite. Events stored meanwhile
   * are not read; what is purged meanwhile at the end of the read is missing without notice, except
   * within one aggregate, where it is an error.
   *
   * What was cut is never passed over. Behind `after`, and behind what was read already, events end
   * with an error, and `commits()` give the base, marked (`hole`, `missing`), or end with an error
   * where there is none. From its start, one aggregate (`family.of(id)`) whose start was cut can't be
   * read as events, also when a base is left; its `commits()` begin with the base. Only of many
   * aggregates from the start, events are what is left of them.
   *
   * Reads again from the start each time it is iterated. Stop early with `break`; nothing is left
   * behind.
   *
   * @throws {@link CorruptError} when the run of revisions within an aggregate has a hole
   * @throws {@link TruncatedError} when history was cut behind `after` or while it was read, or one
   *   aggregate is read from its start, but its start was cut
   * @throws {@link PoisonError} per `poison`
   * @throws {@link UnavailableError} when the server does not answer for 15 s
   * @throws the signal's reason when aborted
   */
  replay<S extends Selectable>(selection: S, options?: ReplayOptions): EventStream<EventOf<S>>;

  /**
   * The last commit of one aggregate, or undefined when it has none. May be stale by a moment on a
   * store of several replicas, unless `fresh` is `"leader"`.
   */
  last<Event extends DomainEvent>(
    family: Family<Event>,
    id: string,
    options?: ReadOptions,
  ): Promise<Commit<Event> | undefined>;

  /**
   * The commit at exactly this sequence, as the leader has it, with all its events; undefined when
   * there is none (any more) or it is not of one of these families.
   */
  at<S extends Selectable>(
    selection: S,
    sequence: Sequence,
    options?: ReadOptions,
  ): Promise<Commit<EventOf<S>> | undefined>;

  /**
   * The commits of one aggregate that lead to one of them, oldest first, from after `after` (from
   * its newest base on, if there is one) up to and including `last`. Finite. What it costs depends
   * on how many there are, not on how long the store is.
   *
   * They are not proved against one another: whoever folds them checks that each follows the one
   * before, and that the first follows what it is folded on.
   *
   * @param last - a commit of this store, as `last` or `at` gave it
   * @throws {@link CorruptError} or {@link TruncatedError} when what leads to it is missing
   * @throws as {@link Replay.replay} otherwise
   */
  history<Event extends DomainEvent>(
    last: Commit<Event>,
    options: HistoryOptions,
  ): AsyncIterable<Commit<Event>>;

  /**
   * What is stored of one aggregate, message by message, oldest first: its commits, and what is none.
   * How they follow one another is not proved. Finite.
   * @throws {@link UnavailableError} when the server does not answer for 15 s
   */
  stored<Event extends DomainEvent>(
    family: Family<Event>,
    id: string,
    options?: Pick<ReadOptions, "signal">,
  ): AsyncIterable<StoredCommit<Event>>;

  /** The sequence of the last commit of the selected families or aggregates, from the leader; 0 for none. */
  end(selection: Selectable, options?: ReadOptions): Promise<Sequence>;

  /**
   * The sequence of the last commit that was ever stored, of whatever family, from the leader; 0 for
   * none. Absent where a store can't lose its end.
   */
  lastSequence?(options?: ReadOptions): Promise<Sequence>;

  /**
   * The sequence of the oldest commit that is stored, of whatever family, from the leader; one more
   * than the last that ever was when there is none. Absent where only truncation deletes.
   */
  firstSequence?(options?: ReadOptions): Promise<Sequence>;

  /**
   * How many commits of the selected families or aggregates are stored after a sequence
   * (exclusive), as some replica has it. Of commits, not events: which types are selected does not
   * matter, and what several parts of the selection select may be counted more than once.
   */
  count(selection: Selectable, after: Sequence, options?: ReadOptions): Promise<number>;

  /**
   * What tells the commit at a sequence, whatever family it is of, from another one written there
   * after the stream was rewound; undefined when there is none (any more). From the leader.
   */
  stampAt(sequence: Sequence, options?: ReadOptions): Promise<string | undefined>;

  /**
   * The ids of all aggregates of a family, in no promised order, each once. Finite. All that are
   * there the whole time are given; those created or purged meanwhile may be. Foreign messages under
   * what can't be an id are no aggregates.
   * @throws {@link UnavailableError} when they change faster than they can be listed
   */
  ids(family: Family, options?: ReadOptions): AsyncIterable<string>;
}

/** A message of an aggregate: the commit in it, or why it is none. */
export interface StoredCommit<Event extends DomainEvent = DomainEvent> {
  readonly sequence: Sequence;
  /** When it was stored, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly commit: Commit<Event> | undefined;
  readonly error: PoisonError | CorruptError | undefined;
}

/** How a single read is made. */
export interface ReadOptions {
  /**
   * `"leader"`: every acknowledged commit is seen, at the price of asking one server; unless it was cut
   * off from the other nodes a moment ago (up to 1.8 s, nats-server 2.15.1) and does not know yet.
   */
  readonly fresh?: "leader";
  /** How long, in milliseconds, a server that does not answer is asked again. @default 15000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What of an aggregate's history is read. */
export interface HistoryOptions {
  /** Exclusive. */
  readonly after: Sequence;
  /**
   * False: it does not matter when the commits were stored, and `timeMs` of any but the last may be
   * NaN. That is faster. @default true
   */
  readonly times?: boolean;
  readonly signal?: AbortSignal;
}

/** What of the selected history is replayed. */
export interface ReplayOptions {
  /** Exclusive: the first commit read is the first one after this sequence. @default 0, everything */
  readonly after?: Sequence;
  /**
   * Inclusive. A sequence: no commit after it is read. A time: reading ends before the first
   * selected commit that was stored later than it, by the server's clock, in whole milliseconds.
   * @default the end, as it is when reading begins
   */
  readonly until?: Sequence | Date;
  /** What to do with what this reader cannot use. @default "fail" */
  readonly poison?: PoisonPolicy;
  readonly signal?: AbortSignal;
}

/** Events to be read, one by one or commit by commit. Nothing is asked of the server before that. */
export interface EventStream<Event extends DomainEvent> extends AsyncIterable<Envelope<Event>> {
  /**
   * The same, commit by commit. Commits of which no event is selected are left out, except bases
   * (whatever types are selected: they stand for events of all types), and commits without events
   * when a whole family or aggregate is selected.
   */
  commits(): AsyncIterable<Commit<Event>>;
}
