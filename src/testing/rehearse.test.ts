import { AssertionError } from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { defineAggregate, type ProcessContext } from "../aggregate/index.ts";
import { defineEvents, jsonCodec, Rejection } from "../event/index.ts";
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
    const message = /process must not change the state: it was .*seen: \[\] .*seen: \[ 1 \]/;
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

  it.each<[string, (holding: Holding) => unknown]>([
    ["a Date", ({ at }) => at.setTime(0)],
    ["bytes", ({ bytes }) => bytes.fill(9)],
    ["a Map", ({ map }) => map.set("k", [2])],
    ["what a Map holds", ({ map }) => map.get("k")!.push(2)],
    ["a Set", ({ set }) => set.clear()],
    ["an instance of a class", ({ purse }) => purse.cents++],
    ["a list, and catches what that may throw", ({ list }) => attempt(() => list.push(2))],
    ["a field", (holding) => attempt(() => Object.assign(holding, { list: [] }))],
  ])("fails when process or apply changes %s", async (_, change) => {
    const before = failureOf(() => given(holding(change), []).when("x"));
    expect(before.message).toMatch(/^process must not change the state: it was/);
    const rejecting = holding((state) => {
      change(state);
      throw new Rejection("no");
    });
    expect(failureOf(() => given(rejecting, []).when("x").thenRejected("no")).message).toMatch(
      /^process must not change the state/,
    );
    const slow = holding(async (state) => change(state));
    await expect(given(slow, []).when("x").then([])).rejects.toThrow(/must not change the state/);
    const applying = holding(() => undefined, change);
    expect(failureOf(() => given(applying, [{ type: "Put", list: [1] }])).message).toMatch(
      /^apply of "Put" must not change the state/,
    );
  });

  it("fails when process changes its command, or apply its event", () => {
    const consuming = deciding((_state, command) => {
      (command as unknown as number[]).shift();
      return [];
    });
    const command = [1, 2];
    const { message } = failureOf(() => given(consuming, []).when(command as never));
    expect(message).toBe("process must not change the command: it was [ 1, 2 ], and then [ 2 ]");
    expect(command).toEqual([1, 2]);
    const applying = holding(
      () => undefined,
      (_, event) => attempt(() => event.list.push(2)),
    );
    expect(failureOf(() => given(applying, [{ type: "Put", list: [1] }])).message).toMatch(
      /^apply of "Put" must not change the event/,
    );
  });

  it.each<[string, () => number]>([
    ["chance", () => Math.random()],
    ["a counter", () => calls++],
    ["the clock", () => Date.now()],
  ])("fails when process or apply depends on %s", async (_, some) => {
    const process = failureOf(() =>
      given(
        deciding(() => [count(some())]),
        [],
      ).when(1),
    );
    expect(process.message).toMatch(/^process decided .*, and the next time .*in its context/s);
    const slow = given(
      deciding(async () => [count(some())]),
      [],
    );
    await expect(slow.when(1).then([])).rejects.toThrow(/the next time/);
    const impure = defineAggregate({
      ...Counter,
      apply: (state: CounterState): CounterState => ({ ...state, total: some() }),
    });
    expect(failureOf(() => given(impure, [count(1)])).message).toMatch(/^apply came to .*pure/s);
    given(
      deciding(() => [count(1)]),
      [],
    )
      .when(1)
      .then([count(1)]);
  });

  it("fails when the next attempt would be rejected, or for another reason", () => {
    let attempts = 0;
    const turning = deciding(() => {
      if (attempts++ > 0) throw new Rejection("late", `attempt ${attempts}`);
      return [];
    });
    expect(failureOf(() => given(turning, []).when(1)).message).toMatch(
      /decided \[\], and .*late/s,
    );
    expect(failureOf(() => given(turning, []).when(1)).message).toMatch(/attempt 3.*attempt 4/s);
  });

  it("runs process once when it is given services, and otherwise with the same ids and time", () => {
    let asked = 0;
    const asking = defineAggregate({
      ...Counter,
      process: (_: CounterState, by: number, { services }: ProcessContext<() => number>) => [
        count(by + services()),
      ],
    });
    given(asking, [], { services: () => (asked += 1) })
      .when(1)
      .then([count(2)]);
    expect(asked).toBe(1);
    const naming = deciding((_, __, { newId, now }) => [count(1, [newId(), newId(), now])]);
    let made = 0;
    const newId = (): string => `id-${(made += 1)}`;
    given(naming, [], { newId, now: new Date(5) })
      .when(1)
      .then([count(1, ["id-1", "id-2", new Date(5)])]);
  });

  it("fails on what is larger than a message may be", () => {
    const large = count(1, "x".repeat(2 ** 21));
    expect(failureOf(() => given(Counter, [large])).message).toMatch(/given .* events must fit/);
    const producing = deciding(() => [large]);
    const message = /produced cannot be stored: events must fit in one message of at most 1048576/;
    expect(failureOf(() => given(producing, []).when(1)).message).toMatch(message);
    const fitting = count(1, "x".repeat(2 ** 20 - 2 ** 11));
    given(Counter, [fitting]).when(0).then([]);
    failureOf(() => given(Counter, [fitting], { maxMessageBytes: 2 ** 19 }));
    given(Counter, [large], { maxMessageBytes: 2 ** 22 })
      .when(0)
      .then([]);
    const growing = defineAggregate({
      ...Counter,
      apply: (state: CounterState): CounterState => ({ ...state, seen: [...state.seen, ...many] }),
    });
    const many = Array.from({ length: 300_000 }, (_, n) => n);
    expect(failureOf(() => given(growing, [count(1)])).message).toMatch(
      /the state cannot be stored/,
    );
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

  it("holds a state against what its snapshots and its bases are stored with, and no more", () => {
    const holding = (value: unknown, more: object = {}) =>
      defineAggregate({
        ...Counter,
        apply: (state) => ({ ...state, seen: [value as number] }),
        ...more,
      });
    const test = (value: unknown, more?: object) =>
      given(holding(value, more), [count(1)], { codec: jsonCodec });
    for (const value of [new Date(0), 1n, Uint8Array.of(1)]) {
      test(value).when(0).then([]);
      const { message } = failureOf(() => test(value, { upcastState: [] }));
      expect(message).toMatch(/^the state cannot be stored: state\.seen\[0\]/);
    }
    let deep: unknown = 0;
    for (let n = 0; n < 98; n++) deep = [deep];
    expect(failureOf(() => test([deep])).message).toMatch(/nested deeper/);
    test((deep as unknown[])[0])
      .when(0)
      .then([]);
  });

  it("fails when initial gives something else the next time", () => {
    let made = 0;
    for (const first of [() => ++made, () => Date.now(), () => Math.random()]) {
      const beginning = defineAggregate({
        ...Counter,
        initial: () => ({ total: 0, seen: [first()] }),
      });
      expect(failureOf(() => given(beginning, [])).message).toMatch(
        /^initial gave .*the next time/s,
      );
    }
    const same = { run: () => 1 };
    const functions = { initial: () => ({ ...same, go: () => 1 }), apply: () => same };
    given(defineAggregate({ ...Counter, ...functions, snapshots: false } as never), []);
  });

  it("does not take what comes from elsewhere for changed", () => {
    for (const text of ["({ a: 1, b: [{ c: 2 }] })", "new Map([[1, { a: [new Date(1)] }]])"]) {
      const command: unknown = runInNewContext(text);
      given(
        deciding(() => [count(1)]),
        [],
      )
        .when(command as never)
        .then([count(1)]);
    }
    const matching = deciding((_, match) => [count((match as unknown as RegExpExecArray).index)]);
    given(matching, [])
      .when(/b/.exec("ab") as never)
      .then([count(1)]);
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

/** A state of all that can't be frozen, or copied. */
interface Holding {
  readonly list: number[];
  readonly at: Date;
  readonly bytes: Uint8Array;
  readonly map: Map<string, number[]>;
  readonly set: Set<number>;
  readonly purse: Purse;
}

class Purse {
  cents = 1;
}

interface Put {
  readonly type: "Put";
  readonly list: number[];
}

const Puts = defineEvents<Put>()({ name: "Put", types: { Put: {} } });

/** An aggregate that does something to its state, when it decides or when it applies an event. */
function holding(
  deciding: (state: Holding) => unknown,
  applying: (state: Holding, event: Put) => unknown = () => undefined,
) {
  return defineAggregate({
    events: Puts,
    snapshots: false,
    initial: (): Holding => ({
      list: [1],
      at: new Date(1_000),
      bytes: Uint8Array.of(1, 2),
      map: new Map([["k", [1]]]),
      set: new Set([1]),
      purse: new Purse(),
    }),
    process: (state: Holding, _command: string): Put[] | Promise<Put[]> => {
      const done = deciding(state);
      return done instanceof Promise ? done.then(() => []) : [];
    },
    apply: (state: Holding, event: Put): Holding => {
      applying(state, event);
      return { ...state };
    },
  });
}

let calls = 0;

/** Do something, and care not whether it can be done. */
function attempt(act: () => unknown): void {
  try {
    act();
  } catch {
    // On purpose: a frozen object would throw here.
  }
}

function count(by: number, note?: unknown): CounterEvent {
  return note === undefined ? { type: "Counted", by } : { type: "Counted", by, note };
}

/** Counter with another decision. */
function deciding(
  process: (state: CounterState, command: number, context: ProcessContext) => unknown,
): typeof Counter {
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
