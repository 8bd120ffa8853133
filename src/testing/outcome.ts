import assert from "node:assert/strict";
import { inspect } from "node:util";
import { type DomainEvent, InvalidInputError } from "../event/index.ts";

/** What became of a command. */
export interface Outcome<State, Event extends DomainEvent> {
  /** The events it led to, as a reader of the store would get them; empty when it was rejected. */
  readonly events: readonly Event[];
  /** The state after these events. */
  readonly state: State;
  /** What `process` threw; undefined when the command was accepted. */
  readonly error: unknown;
}

/**
 * What a rejection should look like: a class of errors, a predicate, a text to match its message
 * (RegExp), or an error or some properties that must be deeply equal (a RegExp matches a string).
 */
export type Rejection =
  | (abstract new (...args: never) => Error)
  | ((error: unknown) => boolean)
  | RegExp
  | Error
  | Readonly<Record<string, unknown>>;

/** Fail unless the command was accepted with exactly these events. */
export function assertEvents(outcome: Outcome<unknown, DomainEvent>, expected: unknown): void {
  if (!Array.isArray(expected)) {
    throw new InvalidInputError("expected", "must be an array of events", expected);
  }
  assertAccepted(outcome, expected.length === 0 ? "no event" : `events ${show(expected)}`);
  assert.deepEqual(outcome.events, expected);
}

/** Fail unless the command was accepted and led to this state. */
export function assertState(outcome: Outcome<unknown, DomainEvent>, expected: unknown): void {
  assertAccepted(outcome, `state ${show(expected)}`);
  assert.deepEqual(outcome.state, expected);
}

/** Fail unless the command was rejected in this way. */
export function assertRejected(outcome: Outcome<unknown, DomainEvent>, expected: Rejection): void {
  if (typeof expected !== "function" && (typeof expected !== "object" || expected === null)) {
    const rule = "must be an error class, a predicate, a RegExp or an object";
    throw new InvalidInputError("expected", rule, expected);
  }
  const { error, events } = outcome;
  if (error === undefined) {
    const what = events.length === 0 ? "no event" : `events ${show(events)}`;
    throw failure(`expected a rejection, but the command was accepted with ${what}`);
  }
  assert.throws(() => {
    throw error as Error;
  }, expected);
}

function assertAccepted({ error }: Outcome<unknown, DomainEvent>, expected: string): void {
  if (error === undefined) return;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : show(error);
  throw failure(`expected ${expected}, but the command was rejected: ${reason}`, error);
}

/** A failed test, with what led to it. */
export function failure(message: string, cause?: unknown): assert.AssertionError {
  const error = new assert.AssertionError({ message });
  return cause === undefined ? error : Object.assign(error, { cause });
}

function show(value: unknown): string {
  return inspect(value, { depth: 8 });
}
