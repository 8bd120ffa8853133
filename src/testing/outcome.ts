import assert from "node:assert/strict";
import { inspect } from "node:util";
import { type DomainEvent, InvalidInputError, type Rejection } from "../event/index.ts";

/** What became of a command. */
export interface Outcome<State, Event extends DomainEvent> {
  /** The events it led to, as a reader of the store would get them; empty when it was rejected. */
  readonly events: readonly Event[];
  /** The state after these events. */
  readonly state: State;
  /** The rejection that `process` threw; undefined when the command was accepted. */
  readonly error: Rejection | undefined;
}

/**
 * What a rejection should look like: its code, its class, a predicate, a text to match its message
 * (RegExp), or a rejection or some properties that must be deeply equal (a RegExp matches a string).
 */
export type ExpectedRejection =
  | string
  | (abstract new (...args: never) => Error)
  | ((rejection: Rejection) => boolean)
  | RegExp
  | Rejection
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
export function assertRejected(
  { error, events }: Outcome<unknown, DomainEvent>,
  expected: ExpectedRejection,
): void {
  const kind = typeof expected;
  if (kind !== "string" && kind !== "function" && (kind !== "object" || expected === null)) {
    const rule = "must be a code, a class, a predicate, a RegExp or an object";
    throw new InvalidInputError("expected", rule, expected);
  }
  if (error === undefined) {
    const what = events.length === 0 ? "no event" : `events ${show(events)}`;
    throw failure(`expected a rejection, but the command was accepted with ${what}`);
  }
  if (typeof expected === "string") {
    if (error.code === expected) return;
    throw failure(`expected the rejection "${expected}", got ${textOf(error)}`, error);
  }
  assert.throws(() => {
    throw error;
  }, expected as RegExp);
}

function assertAccepted({ error }: Outcome<unknown, DomainEvent>, expected: string): void {
  if (error === undefined) return;
  throw failure(`expected ${expected}, but the command was rejected: ${textOf(error)}`, error);
}

function textOf({ code, message }: Rejection): string {
  return message === code ? `"${code}"` : `"${code}": ${message}`;
}

/** A failed test, with what led to it. */
export function failure(message: string, cause?: unknown): assert.AssertionError {
  const error = new assert.AssertionError({ message });
  return cause === undefined ? error : Object.assign(error, { cause });
}

/** A value, for a message. */
export function show(value: unknown): string {
  return inspect(value, { depth: 8 });
}
