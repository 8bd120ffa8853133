import { isDeepStrictEqual } from "node:util";
import type { Aggregate, ProcessContext } from "../aggregate/index.ts";
import { copyOf } from "../event/copy.ts";
import { errorText } from "../event/error-text.ts";
import { type Codec, type DomainEvent, isRejection, type Rejection } from "../event/index.ts";
import { failure, type Outcome, show } from "./outcome.ts";
import { assertStateStorable, messageOf, type StoredAs, throughStore } from "./stored-form.ts";
import { Lent, textOf } from "./unchanged.ts";

/**
 * A command's run against a history, without a store.
 * @param context - makes the context of each attempt
 */
export type Rehearsal<State, Command, Event extends DomainEvent, Services> = (
  command: Command,
  context: () => ProcessContext<Services>,
) => Outcome<State, Event> | Promise<Outcome<State, Event>>;

/** What is given, and what is expected of it. */
export interface RehearsalOptions extends StoredAs {
  /** `process` is run once only, since what it asks outside may answer otherwise the next time. */
  readonly asksOutside: boolean;
}

/**
 * Fold a history; the function returned runs commands against it. The outcome is a promise when
 * `process` returns one.
 * @throws AssertionError, at once or in the promise, when what is given or made would not do in
 *   production
 */
export function rehearse<State, Command, Event extends DomainEvent, Services>(
  aggregate: Aggregate<State, Command, Event, Services>,
  history: readonly Event[],
  options: RehearsalOptions,
): Rehearsal<State, Command, Event, Services> {
  const fold = (start: State, events: readonly Event[]): State => {
    const state = foldTwice(aggregate, start, events);
    assertStateStorable(aggregate, state, options);
    return state;
  };
  const stored = history.flatMap((event) => throughStore("given", aggregate, [event], options));
  const before = fold(beginTwice(aggregate), stored);
  const conclude = (decided: Decided<Event>): Outcome<State, Event> => {
    const { events, error } = decided;
    const state = error === undefined ? fold(before, events) : copyOf(before);
    return { events, state, error };
  };
  return (command, context) => {
    const attempt = () => decideOnce(aggregate, before, command, context(), options);
    const first = attempt();
    const again = (decided: Decided<Event>) => {
      if (options.asksOutside) return decided;
      nextMillisecond();
      return settled(attempt(), (second) => sameAs(decided, second));
    };
    return settled(settled(first, again), conclude);
  };
}

/** What `process` has come to. */
interface Decided<Event> {
  readonly events: readonly Event[];
  readonly error: Rejection | undefined;
}

function decideOnce<State, Command, Event extends DomainEvent, Services>(
  aggregate: Aggregate<State, Command, Event, Services>,
  before: State,
  command: Command,
  context: ProcessContext<Services>,
  options: RehearsalOptions,
): Decided<Event> | Promise<Decided<Event>> {
  const state = new Lent(before);
  const own = new Lent(command);
  const assertUnchanged = (): void => {
    assertSame("process must not change the state", state.change);
    assertSame("process must not change the command", own.change);
  };
  const accept = (produced: readonly Event[]): Decided<Event> => {
    const events = throughStore("produced", aggregate, produced, options);
    assertUnchanged();
    return { events, error: undefined };
  };
  const reject = (error: unknown): Decided<Event> => {
    assertUnchanged();
    assertRejection(error, options.codec);
    return { events: [], error };
  };
  let produced: readonly Event[] | Promise<readonly Event[]>;
  try {
    produced = aggregate.process(state.value, own.value, context);
  } catch (error) {
    return reject(error);
  }
  return isPromise(produced) ? Promise.resolve(produced).then(accept, reject) : accept(produced);
}

/** Otherwise another attempt, after a conflict, would come to something else. */
function sameAs<Event>(first: Decided<Event>, second: Decided<Event>): Decided<Event> {
  const [one, other] = [first, second].map(({ events, error }) =>
    error === undefined
      ? events
      : { rejection: error.code, error: error.message, data: error.data },
  );
  if (isDeepStrictEqual(one, other)) return first;
  const wayOut = "(time, ids and services are in its context)";
  throw failure(`process decided ${show(one)}, and the next time ${show(other)} ${wayOut}`);
}

/** Otherwise each reader would begin with something else. */
function beginTwice<State>(aggregate: { initial(): State }): State {
  const state = copyOf(aggregate.initial());
  nextMillisecond();
  const again = aggregate.initial();
  if (isDeepStrictEqual(copyOf(again), state) || textOf(again) === textOf(state)) return state;
  throw failure(
    `initial gave ${show(state)}, and the next time ${show(again)}: it must always give the same`,
  );
}

/** Otherwise a replay would come to something else. */
function foldTwice<State, Event extends DomainEvent>(
  aggregate: Aggregate<State, never, Event, never>,
  start: State,
  events: readonly Event[],
): State {
  const apply = (state: State, event: Event): State => applyTo(aggregate, state, event);
  const state = events.reduce(apply, copyOf(start));
  if (events.length === 0) return state;
  nextMillisecond();
  const again = events.reduce(apply, copyOf(start));
  if (isDeepStrictEqual(again, state)) return state;
  throw failure(
    `apply came to ${show(state)}, and the next time to ${show(again)}: it must be pure`,
  );
}

function applyTo<State, Event extends DomainEvent>(
  aggregate: Pick<Aggregate<State, never, Event, never>, "apply">,
  before: State,
  event: Event,
): State {
  const [state, own] = [new Lent(before), new Lent(event)];
  let next: State;
  try {
    next = aggregate.apply(state.value, own.value);
  } catch (error) {
    throw failure(`apply of "${event.type}" must not throw: ${messageOf(error)}`, error);
  }
  assertSame(`apply of "${event.type}" must not change the state`, state.change);
  assertSame(`apply of "${event.type}" must not change the event`, own.change);
  return next;
}

function assertSame(rule: string, change: string | undefined): void {
  if (change !== undefined) throw failure(`${rule}: ${change}`);
}

/** Whatever else is thrown is a bug or an outage, and production throws it as it is. */
function assertRejection(thrown: unknown, codec: Codec): asserts thrown is Rejection {
  if (!isRejection(thrown)) {
    const wayOut = "(throw a Rejection to reject the command)";
    throw failure(`process threw what is no rejection: ${errorText(thrown)} ${wayOut}`, thrown);
  }
  try {
    codec.encode({ data: thrown.data ?? null }, "");
  } catch (error) {
    throw failure(`the data of a rejection must be plain values: ${messageOf(error)}`, error);
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}

/** Go on with a value when it is there: at once, if it is no promise. */
function settled<T, Result>(
  value: T | Promise<T>,
  use: (value: T) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(use) : use(value);
}

/** Wait until a clock that is read tells another time, unless a test has stopped it. */
function nextMillisecond(): void {
  const start = Date.now();
  for (let looks = 0; looks < 50_000 && Date.now() === start; looks++);
}
