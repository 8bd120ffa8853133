import {
  checkName,
  ConfigError,
  type DomainEvent,
  type Family,
  type Metadata,
  type Revision,
} from "../event/index.ts";
import { asConfig } from "../event/family.ts";
import {
  checkArgument,
  checkedThere,
  takeOptions,
  either,
  isFunction,
  isObject,
  oneOf,
  type Rules,
} from "../event/arguments.ts";
import type { Decision, InferredDefinition, Literals } from "./inferred-definition.ts";
import type { Root } from "./root.ts";

/** What every aggregate has, whatever it decides: its events, and all that concerns its states. */
export interface AggregateParts<State, Event extends DomainEvent> {
  readonly events: Family<Event>;
  /**
   * Whose its states are, for ever: snapshots and bases are kept under it, and no other definition
   * of the family reads them. Give each a name where several fold one family, those above all that
   * one function makes: they have the same code, so in different processes nothing else tells them
   * apart. One that has truncated keeps its own. 1 to 128 of `A-Z a-z 0-9 _ -`. @default the family's
   */
  readonly name?: string;
  /** The state before the first event; a new value at each call. */
  initial(): State;
  /**
   * The version of `initial`, `apply` and the state's shape: raise it when one of them changes, and
   * snapshots of other versions are no longer used. (They aren't either where an upcaster was added
   * to the family since.) @default 1
   */
  readonly version?: number;
  /**
   * From the state of every older version to today's, oldest first: `[v1ToV2, v2ToV3]`; its length
   * is `version - 1`. Truncated aggregates live on it: `snapshotAndTruncate` refuses an aggregate
   * that does not declare it (`[]` at version 1). The upcasters of events do not reach what is in a
   * base: where a new one would make another state of the events before it, raise the version, too.
   */
  readonly upcastState?: readonly ((old: never) => unknown)[];
  /** When a snapshot is written after a commit. @default after every 100 events */
  readonly snapshots?: SnapshotPolicy<State>;
}

/** The whole domain of an aggregate, with no store in sight. */
export interface AggregateDefinition<
  State,
  Command,
  Event extends DomainEvent,
  Services,
> extends AggregateParts<State, Event> {
  /**
   * Decide: which events (0 to n) does this command lead to? Throw a `Rejection` to reject it;
   * whatever else is thrown (a bug, something that is away, another aggregate's RejectedError)
   * leaves `execute` as it is.
   *
   * May run more than once for one `execute` (after a conflict, on a newer state), so what it does
   * to the outside world it may do twice. May be async; it is not waited for beyond the call's budget
   * and signal, which `context.signal` tells it of. Must change neither the state nor the
   * command: each run is given copies, but an instance of a class in them is handed over as it is.
   */
  process(
    state: State,
    command: Command,
    context: ProcessContext<Services>,
  ): readonly NoInfer<Event>[] | Promise<readonly NoInfer<Event>[]>;
  /**
   * The state after an event. Pure: returns a new state (or the old one) and changes neither its
   * arguments nor anything else. Must not throw for an event that was stored.
   */
  apply(state: State, event: NoInfer<Event>): State;
}

/** An aggregate: a decision, a fold and the events between them. */
export interface Aggregate<
  State,
  Command,
  Event extends DomainEvent,
  Services = unknown,
> extends AggregateDefinition<State, Command, Event, Services> {
  readonly version: number;
  readonly snapshots: SnapshotPolicy<State>;
}

/** An aggregate of which only the state and the events matter: enough to read and write. */
export interface Foldable<State, Event extends DomainEvent> {
  readonly events: Family<Event>;
  readonly name?: string;
  initial(): State;
  apply(state: State, event: Event): State;
  readonly version: number;
  readonly upcastState?: readonly ((old: never) => unknown)[];
  readonly snapshots: SnapshotPolicy<State>;
}

/**
 * When to write a snapshot, asked after each commit of `write` and `execute`; it is written behind
 * the commit, never in its path.
 * - `{ every: n }`: by the commit that makes it n (or 2n, 3n …) events since the last snapshot
 * - `false`: never
 * - a function of the root just written and the number of events since the last snapshot; the
 *   commit is stored by then, so where it throws there is a warning and no snapshot
 */
export type SnapshotPolicy<State> =
  | { readonly every: number }
  | false
  | ((root: Root<State>, eventsSince: number) => boolean);

/**
 * What a decision may use beside state and command. `now`, the ids and the metadata are the same
 * over all attempts of one `execute`.
 */
export interface ProcessContext<Services = unknown> {
  /** The aggregate's id. */
  readonly id: string;
  /** The revision of the last event that is in the state; 0 where there is none. */
  readonly revision: Revision;
  /** When `execute` was called. */
  readonly now: Date;
  /** A new UUID; the n-th call of every attempt gives the same one. */
  newId(): string;
  readonly metadata: Metadata;
  readonly services: Services;
  /** Aborts when `execute`'s signal does or its time budget ends. */
  readonly signal: AbortSignal;
}

const aggregateRules: Rules<AggregateDefinition<unknown, unknown, DomainEvent, unknown>> = {
  name: checkedThere,
  events: checkedThere,
  initial: isFunction,
  process: isFunction,
  apply: isFunction,
  version: checkedThere,
  upcastState: (value) => (Array.isArray(value) ? undefined : "must be an array"),
  snapshots: either(
    either(isObject, isFunction, ""),
    oneOf(false),
    "must be { every }, false or a function",
  ),
};

/**
 * Declare an aggregate; all types are inferred from the definition.
 * @throws {@link ConfigError} when name, version, upcastState or snapshots break their rules
 * @throws {@link InvalidInputError} when it holds a name that is none, or something of a wrong kind
 */
export function defineAggregate<
  State = Literals,
  Command = unknown,
  Event extends DomainEvent = Literals,
  Services = unknown,
  Made extends Decision<Event> = Decision<Event>,
  Next extends State = State,
>(
  given: InferredDefinition<State, Command, Event, Services, Made, Next>,
): Aggregate<State, Command, Event, Services> {
  const definition = takeOptions("defineAggregate", given, aggregateRules);
  for (const member of ["initial", "process", "apply"] as const) {
    checkArgument(member, definition[member], isFunction);
  }
  checkArgument("events", definition.events, isObject);
  const { name, version = 1, snapshots = { every: 100 }, upcastState } = definition;
  const of = `aggregate "${name ?? definition.events.name}"`;
  if (name !== undefined) asConfig(() => checkName(`${of}: name`, name));
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new ConfigError(`${of}: version must be a whole number of 1 or more, got ${version}`);
  }
  if (upcastState !== undefined && upcastState.length !== version - 1) {
    throw new ConfigError(
      `${of}: version ${version} needs ${version - 1} steps in upcastState, got ${upcastState.length}`,
    );
  }
  if (
    typeof snapshots === "object" &&
    !(Number.isSafeInteger(snapshots.every) && snapshots.every > 0)
  ) {
    throw new ConfigError(`${of}: snapshots.every must be a whole number of 1 or more`);
  }
  // What inference is given says the same as the definition, in a form that keeps literals.
  const { process, apply } = definition as unknown as Pick<
    Aggregate<State, Command, Event, Services>,
    "process" | "apply"
  >;
  return Object.freeze({ ...definition, process, apply, version, snapshots });
}
