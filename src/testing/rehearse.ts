import type { Aggregate, ProcessContext } from "../aggregate/index.ts";
import {
  type Codec,
  type DomainEvent,
  isRejection,
  type Metadata,
  type Rejection,
} from "../event/index.ts";
import { errorText } from "../event/error-text.ts";
import { prepareContent } from "../event/backend/prepare.ts";
import { deepFreeze, isFrozenError } from "./deep-freeze.ts";
import { failure, type Outcome } from "./outcome.ts";

/** A command's run against a history, without a store. */
export type Rehearsal<State, Command, Event extends DomainEvent, Services> = (
  command: Command,
  context: ProcessContext<Services>,
) => Outcome<State, Event> | Promise<Outcome<State, Event>>;

/** How the events would be stored. */
export interface StoredAs {
  readonly id: string;
  readonly metadata: Metadata;
  readonly codec: Codec;
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
  as: StoredAs,
): Rehearsal<State, Command, Event, Services> {
  const frozen = new WeakSet<object>();
  const store = (what: string, events: readonly Event[]): readonly Event[] =>
    deepFreeze(throughCodec(what, aggregate, events, as), frozen);
  const fold = (start: State, events: readonly Event[]): State => {
    const apply = (state: State, event: Event): State =>
      deepFreeze(applyTo(aggregate, state, event), frozen);
    const state = events.reduce(apply, start);
    assertStateStorable(aggregate, state, as.codec);
    return state;
  };
  const before = fold(deepFreeze(aggregate.initial(), frozen), store("given", history));
  const accept = (produced: readonly Event[]): Outcome<State, Event> => {
    const events = store("produced", produced);
    return { events, state: fold(before, events), error: undefined };
  };
  const reject = (error: unknown): Outcome<State, Event> => {
    if (isFrozenError(error)) {
      throw failure(`process must not change the state: ${messageOf(error)}`, error);
    }
    assertRejection(error, as.codec);
    return { events: [], state: before, error };
  };
  return (command, context) => {
    let produced: readonly Event[] | Promise<readonly Event[]>;
    try {
      produced = aggregate.process(before, command, context);
    } catch (error) {
      return reject(error);
    }
    return isPromise(produced) ? Promise.resolve(produced).then(accept, reject) : accept(produced);
  };
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}

/** What a reader of the store would get. */
function throughCodec<Event extends DomainEvent>(
  what: string,
  { events: family }: { readonly events: Aggregate<unknown, unknown, Event>["events"] },
  events: readonly Event[],
  { id, metadata, codec }: StoredAs,
): readonly Event[] {
  try {
    const commit = { family, id, events, metadata, expect: "any" } as const;
    return prepareContent(commit, "rehearsal", codec).events.map(({ type, version, body }) => {
      const data = codec.decode(body, `${family.name}.${type}.${version}`);
      return { type, ...(data as object) } as Event;
    });
  } catch (error) {
    throw failure(`what is ${what} cannot be stored: ${messageOf(error)}`, error);
  }
}

function applyTo<State, Event extends DomainEvent>(
  aggregate: Pick<Aggregate<State, never, Event, never>, "apply">,
  state: State,
  event: Event,
): State {
  try {
    return aggregate.apply(state, event);
  } catch (error) {
    const rule = isFrozenError(error) ? "must not change state or event" : "must not throw";
    throw failure(`apply of "${event.type}" ${rule}: ${messageOf(error)}`, error);
  }
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

/** Otherwise every snapshot would fail, which production only warns of. */
function assertStateStorable<State>(
  aggregate: Pick<Aggregate<State, never, DomainEvent, never>, "events" | "snapshots">,
  state: State,
  codec: Codec,
): void {
  if (aggregate.snapshots === false) return;
  try {
    codec.encode(state, aggregate.events.name);
  } catch (error) {
    const wayOut = "(never to be stored? declare snapshots: false)";
    throw failure(`the state cannot be stored: state${messageOf(error)} ${wayOut}`, error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
