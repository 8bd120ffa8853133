import {
  checkArgument,
  checkedThere,
  takeOptions,
  isFunction,
  type Rules,
} from "../event/arguments.ts";
import type { CommandTo } from "../aggregate/index.ts";
import type {
  Commit,
  Envelope,
  EventOf,
  PoisonPolicy,
  RejectedError,
  Selectable,
} from "../event/index.ts";
import { defineProjection, type ErrorPolicy } from "../project/index.ts";

/**
 * What a reactor does about an event.
 * - commands, one or several: all are stored in one transaction, or none; exactly once
 * - `[]`: nothing, or something outside that is done now; it is noted, and the event does not come
 *   again
 * - undefined: nothing; not even a note is stored
 */
export type Reaction = CommandTo | readonly CommandTo[] | undefined | void;

/** What a reactor is told beside the event. */
export interface ReactionContext {
  /**
   * A UUID: the same for the same event and reactor, for ever, over restarts, retries and versions.
   * Give it to whatever is asked outside as its idempotency key, since that may be asked again.
   */
  readonly key: string;
}

/** What {@link defineReactor} takes. */
export interface ReactorDefinition<S extends Selectable> {
  /**
   * Names what it has done already, for ever; and its checkpoint, with the version. Reactors and
   * projections share their names. 1 to 128 of `A-Z a-z 0-9 _ -`.
   */
  readonly name: string;
  /**
   * Raise it to have history gone through once more, by a run beside the one that runs. What has led
   * to commands, or was noted, is passed over, with all that came before it in its aggregate.
   * @default 1
   */
  readonly version?: number;
  /** Select only what it reacts to: each event costs a look at what was done for its aggregate. */
  readonly events: S;
  /**
   * Decide what an event causes. Called in the order of the store, one at a time. What it asks
   * outside may be asked again after a crash (at least once, with the same key); the commands it
   * returns are stored once.
   */
  react(envelope: Envelope<EventOf<S>>, context: ReactionContext): Reaction | Promise<Reaction>;
  /**
   * What to do instead when one of the commands was rejected, by the aggregate's last state:
   * `rejection` has the domain's code, data and message. Undefined to have it treated as a failure,
   * as it is without this. Not asked when `process` threw anything but a `Rejection`: that is a
   * failure (`onError`), or waited for where something is away.
   */
  onRejected?(
    envelope: Envelope<EventOf<S>>,
    rejection: RejectedError,
    context: ReactionContext,
  ): Reaction | Promise<Reaction>;
  /**
   * The same for a truncated aggregate: called instead of what was cut, with the commit that holds its
   * state (`commit.base`). Without it, a reactor that comes too late for what was cut fails with a
   * TruncatedError.
   */
  reactToBase?(base: Commit<EventOf<S>>, context: ReactionContext): Reaction | Promise<Reaction>;
  /** What happens when a reaction fails. @default tried again for some seconds, then stop */
  readonly onError?: ErrorPolicy;
  /** What to do with a message this reactor cannot use, before `onError` is asked. @default "fail" */
  readonly poison?: PoisonPolicy;
}

/** A handler that turns events into commands. */
export interface Reactor<S extends Selectable = Selectable> extends ReactorDefinition<S> {
  readonly version: number;
}

/** The others are a projection's. */
const reactorRules: Rules<ReactorDefinition<Selectable>> = {
  name: checkedThere,
  version: checkedThere,
  events: checkedThere,
  react: isFunction,
  onRejected: isFunction,
  reactToBase: isFunction,
  onError: checkedThere,
  poison: checkedThere,
};

/**
 * Declare a reactor; the events it is given are inferred from its selection.
 * @throws {@link ConfigError} or {@link InvalidInputError} when the name, the version or an option
 *   breaks its rule
 */
export function defineReactor<const S extends Selectable>(given: ReactorDefinition<S>): Reactor<S> {
  const definition = takeOptions("defineReactor", given, reactorRules);
  const { react, onRejected: _, reactToBase: __, ...shared } = definition;
  checkArgument("react", react, isFunction);
  // It runs as a projection, whose rules are its own.
  const { version } = defineProjection<S>({ ...shared, project: () => undefined });
  return Object.freeze({ ...definition, version });
}
