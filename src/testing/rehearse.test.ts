import { AssertionError } from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { defineAggregate } from "../aggregate/index.ts";
import { defineEvents, jsonCodec } from "../event/index.ts";
import { given } from "./given.ts";

interface CounterEvent {
  readonly type: "Counted";
  readonly by: number;
  readonly note?: unknown;
}

interface CounterState {
  readonly total: number;
  readonly seen: readonly number[];
}

const CounterEvents = defineEvents<CounterEvent>()({ name: "Counter", types: { Counted: {} } });

const Counter = defineAggregate({
  events: CounterEvents,
  initial: (): CounterState => ({ total: 0, seen: [] }),
  process: (_state, by: number): CounterEvent[] => (by === 0 ? [] : [count(by)]),
  apply: (state, { by }) => ({ total: state.total + by, seen: [...state.seen, by] }),
});

describe("as strict as production", () => {
  it("fails when process changes the state, and not as a rejection", async () => {
    const greedy = deciding((state) => {
      (state.seen as number[]).push(1);
      return [];
    });
    const message = /process must not change the state.*not extensible/;
    expect(failureOf(() => given(greedy, []).when(1)).message).toMatch(message);
    const slow = deciding(async (state) => Object.assign(state, { total: 1 }) && []);
    await expect(given(slow, []).when(1).thenRejected(Error)).rejects.toThrow(/must not change/);
  });

  it("fails when apply changes the state or the event", () => {
    const pushing = defineAggregate({
      ...Counter,
      apply: (state: CounterState) => Object.assign(state, { total: 1 }),
    });
    const emptying = defineAggregate({
      ...Counter,
      apply: (state: CounterState, event: CounterEvent) => Object.assign(event, { by: 0 }) && state,
    });
    for (const changing of [pushing, emptying]) {
      const message = /apply of "Counted" must not change/;
      expect(failureOf(() => given(changing, [count(1)])).message).toMatch(message);
      expect(failureOf(() => given(changing, []).when(1)).message).toMatch(message);
    }
  });

  it("fails when apply throws", () => {
    const throwing = defineAggregate({
      ...Counter,
      apply(): CounterState {
        throw new Error("no such event");
      },
    });
    const { message } = failureOf(() => given(throwing, [count(1)]));
    expect(message).toBe('apply of "Counted" must not throw: no such event');
  });

  it.each([
    ["a Map", new Map()],
    ["undefined", { at: undefined }],
    ["a class instance", new Error("x")],
    ["NaN", Number.NaN],
  ])("fails on %s in an event, given or produced", (_, note) => {
    const events = [{ type: "Counted", by: 1, note }] as const;
    const toGiven = failureOf(() => given(Counter, events));
    expect(toGiven.message).toMatch(/given cannot be stored: events\[0\]\.note/);
    const toProduced = failureOf(() =>
      given(
        deciding(() => events),
        [],
      ).when(1),
    );
    expect(toProduced.message).toMatch(/produced cannot be stored: events\[0\]\.note/);
  });

  it("fails on an event that is not of the family, and on no list of events", () => {
    const foreign = deciding(() => [{ type: "Foreign" }]);
    expect(failureOf(() => given(foreign, []).when(1)).message).toMatch(/family "Counter"/);
    expect(
      failureOf(() =>
        given(
          deciding(() => undefined),
          [],
        ).when(1),
      ).message,
    ).toMatch(/array/);
  });

  it("fails on a state that no snapshot could hold, unless there are to be none", () => {
    const definition = {
      events: CounterEvents,
      initial: () => new Set<number>(),
      process: (): CounterEvent[] => [],
      apply: (state: Set<number>): Set<number> => state,
    };
    const { message } = failureOf(() => given(defineAggregate(definition), []));
    expect(message).toMatch(/^the state cannot be stored: state/);
    given(defineAggregate({ ...definition, snapshots: false }), [])
      .when(1)
      .then([]);
  });

  it("uses the store's codec when told", () => {
    const dated = [count(1, new Date(0))];
    given(Counter, dated).when(0).then([]);
    failureOf(() => given(Counter, dated, { codec: jsonCodec }));
  });

  it("leaves the caller's own events unfrozen", () => {
    const event = { type: "Counted" as const, by: 1, note: { of: "mine" } };
    given(Counter, [event])
      .when(1)
      .then([count(1)]);
    event.note.of = "yours";
  });
});

function count(by: number, note?: unknown): CounterEvent {
  return note === undefined ? { type: "Counted", by } : { type: "Counted", by, note };
}

/** Counter with another decision. */
function deciding(process: (state: CounterState, command: number) => unknown): typeof Counter {
  return defineAggregate({ ...Counter, process: process as typeof Counter.process });
}

function failureOf(run: () => unknown): AssertionError {
  try {
    run();
  } catch (error) {
    if (error instanceof AssertionError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
