import { AssertionError } from "node:assert/strict";
import { describe, expect, expectTypeOf, it, onTestFinished } from "vitest";
import { defineAggregate, type ProcessContext } from "../aggregate/index.ts";
import { defineEvents, InvalidInputError, Rejection, UnavailableError } from "../event/index.ts";
import { given } from "./given.ts";

interface Counted {
  readonly type: "Counted";
  readonly by: number;
  readonly note?: unknown;
}
interface Reset {
  readonly type: "Reset";
}
type CounterEvent = Counted | Reset;

interface CounterState {
  readonly total: number;
  readonly seen: readonly number[];
}

class TooMuch extends Rejection<"too-much", { readonly limit: number }> {
  constructor(limit: number) {
    super("too-much", `more than ${limit}`, { limit });
  }
}

const CounterEvents = defineEvents<CounterEvent>()({
  name: "Counter",
  types: { Counted: {}, Reset: {} },
});

function count(by: number, note?: unknown): Counted {
  return note === undefined ? { type: "Counted", by } : { type: "Counted", by, note };
}

function apply(state: CounterState, event: CounterEvent): CounterState {
  if (event.type === "Reset") return { total: 0, seen: [] };
  return { total: state.total + event.by, seen: [...state.seen, event.by] };
}

const initial = (): CounterState => ({ total: 0, seen: [] });

const Counter = defineAggregate({
  events: CounterEvents,
  initial,
  process(state, by: number): CounterEvent[] {
    if (state.total + by > 10) throw new TooMuch(10);
    return by === 0 ? [] : [count(by)];
  },
  apply,
});

const SlowCounter = defineAggregate({
  events: CounterEvents,
  initial,
  async process(state, by: number): Promise<CounterEvent[]> {
    await Promise.resolve();
    return Counter.process(state, by, {} as ProcessContext) as CounterEvent[];
  },
  apply,
});

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

describe("then", () => {
  it("holds when exactly the expected events came", () => {
    given(Counter, [count(1)])
      .when(2)
      .then([count(2)]);
    given(Counter, []).when(0).then([]);
  });

  it("fails with both sides when other events came", () => {
    const { actual, expected } = failureOf(() =>
      given(Counter, [])
        .when(2)
        .then([count(3)]),
    );
    expect(actual).toEqual([count(2)]);
    expect(expected).toEqual([count(3)]);
  });

  it.each([
    ["too few", [count(2)], []],
    ["too many", [count(2)], [count(2), count(2)]],
    ["another order", [count(1), { type: "Reset" }], [{ type: "Reset" }, count(1)]],
    ["another type of a value", [count(1, "1")], [count(1, 1)]],
  ] as const)("fails on %s", (_, produced, expected) => {
    failureOf(() =>
      given(
        deciding(() => produced),
        [],
      )
        .when(1)
        .then(expected),
    );
  });

  it("shows the rejection when the command was rejected", () => {
    const failed = failureOf(() =>
      given(Counter, [count(9)])
        .when(2)
        .then([count(2)]),
    );
    expect(failed.message).toContain('rejected: "too-much": more than 10');
    expect(failed.cause).toBeInstanceOf(TooMuch);
    failureOf(() =>
      given(Counter, [count(9)])
        .when(2)
        .then([]),
    );
  });

  it("refuses what is no list of events, so that a misspelt constant cannot pass", () => {
    expect(() =>
      given(Counter, [])
        .when(0)
        .then(undefined as never),
    ).toThrow(InvalidInputError);
  });
});

describe("thenRejected", () => {
  const rejected = given(Counter, [count(9)]).when(2);

  it.each([
    ["its code", "too-much"],
    ["its class", TooMuch],
    ["a class above", Error],
    ["a predicate", (error: Rejection) => error instanceof TooMuch && error.data.limit === 10],
    ["some properties", { code: "too-much", data: { limit: 10 } }],
    ["an equal error", new TooMuch(10)],
    ["a text in its message", /than 10/],
  ])("holds on %s", (_, expected) => {
    expect(() => rejected.thenRejected(expected)).not.toThrow();
  });

  it.each([
    ["another code", "too-little"],
    ["another class", RangeError],
    ["a predicate that says no", () => false],
    ["a property that differs", { code: "too-much", data: { limit: 11 } }],
    ["an error that is not equal", new TooMuch(11)],
    ["a text not in its message", /than 11/],
  ])("fails on %s", (_, expected) => {
    expect(() => rejected.thenRejected(expected)).toThrow(AssertionError);
  });

  it.each([undefined, {}])("refuses %o, which anything would match", (expected) => {
    expect(() => rejected.thenRejected(expected as never)).toThrow(/must be|may not be/);
  });

  it("shows the events when the command was accepted", () => {
    const failed = failureOf(() => given(Counter, []).when(2).thenRejected(TooMuch));
    expect(failed.message).toMatch(/accepted with events .*'Counted', by: 2/);
    failureOf(() => given(Counter, []).when(0).thenRejected(Error));
  });

  it.each([
    ["a bug", new TypeError("Cannot read properties of undefined (reading 'open')")],
    ["an outage", new UnavailableError("the rates are away")],
    ["what has the message", new Error("more than 10")],
    ["undefined", undefined],
  ])("fails on %s, which is no rejection, whatever is expected", async (_, thrown) => {
    const odd = deciding(() => {
      throw thrown;
    });
    const failed = failureOf(() =>
      given(odd, [])
        .when(1)
        .thenRejected(/open|away|more|undef/),
    );
    expect(failed.message).toMatch(/process threw what is no rejection: .*Rejection to reject/);
    expect(failed.cause).toBe(thrown);
    failureOf(() => given(odd, []).when(1).then([]));
    const slow = deciding(async () => {
      throw thrown;
    });
    await expect(given(slow, []).when(1).thenRejected(Error)).rejects.toThrow(/no rejection/);
  });

  it("fails on data that could not be sent or stored", () => {
    const odd = deciding(() => {
      throw new Rejection("odd", "odd", { at: new Map() });
    });
    const failed = failureOf(() => given(odd, []).when(1).thenRejected("odd"));
    expect(failed.message).toMatch(/data of a rejection must be plain values.*Map/);
  });
});

describe("thenState", () => {
  it("holds on the state after the new events", () => {
    given(Counter, [count(1)])
      .when(2)
      .thenState({ total: 3, seen: [1, 2] });
  });

  it("fails on another state, and when the command was rejected", () => {
    failureOf(() =>
      given(Counter, [count(1)])
        .when(2)
        .thenState({ total: 3, seen: [2, 1] }),
    );
    failureOf(() =>
      given(Counter, [count(9)])
        .when(2)
        .thenState({ total: 9, seen: [9] }),
    );
  });
});

describe("an async process", () => {
  it("holds, and fails, when awaited", async () => {
    await given(SlowCounter, [])
      .when(2)
      .then([count(2)]);
    await given(SlowCounter, []).when(11).thenRejected(TooMuch);
    await given(SlowCounter, [])
      .when(2)
      .thenState({ total: 2, seen: [2] });
    const trial = given(SlowCounter, []).when(2);
    await expect(trial.then([])).rejects.toThrow(AssertionError);
    await expect(trial.thenRejected(TooMuch)).rejects.toThrow(/accepted with events/);
    await expect(trial.thenState({ total: 0, seen: [] })).rejects.toThrow(AssertionError);
    await expect(given(SlowCounter, []).when(11).then([])).rejects.toThrow(/rejected: "too-much"/);
  });

  it("makes a failure nobody awaited an unhandled rejection, never a silent pass", async () => {
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    onTestFinished(() => {
      process.removeAllListeners("unhandledRejection");
      for (const listener of listeners) process.on("unhandledRejection", listener);
    });
    const unhandled = new Promise((resolve) => process.once("unhandledRejection", resolve));
    void given(SlowCounter, []).when(2).then([]);
    expect(await unhandled).toBeInstanceOf(AssertionError);
  });
});

describe("awaiting the whole", () => {
  it("gives the events and the state", async () => {
    const outcome = await given(Counter, [count(1)]).when(2);
    expect(outcome).toEqual({
      events: [count(2)],
      state: { total: 3, seen: [1, 2] },
      error: undefined,
    });
    expectTypeOf(outcome.state).toEqualTypeOf<CounterState>();
    expectTypeOf(outcome.events).toEqualTypeOf<readonly CounterEvent[]>();
  });

  it("gives the rejection, with the state as it was", async () => {
    const outcome = await given(SlowCounter, [count(9)]).when(2);
    expect(outcome).toMatchObject({ events: [], state: { total: 9 } });
    expect(outcome.error).toBeInstanceOf(TooMuch);
  });
});

describe("the context of process", () => {
  const Context = defineAggregate({
    events: CounterEvents,
    initial,
    process: (_state, _command: "look", context): CounterEvent[] => [
      count(0, [context.id, context.now, context.newId(), context.newId(), context.metadata]),
    ],
    apply,
  });

  it("is the same at every run", () => {
    const [first, second] = [1, 2].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
    const events = [count(0, ["test-id", new Date("2000-01-01T00:00:00Z"), first, second, {}])];
    const test = given(Context, []);
    test.when("look").then(events);
    test.when("look").then(events);
  });

  it("is what the options say", () => {
    const metadata = { actor: "me" };
    const options = { id: "a", now: new Date(5), newId: ["x", "y"], metadata };
    const events = [count(0, ["a", new Date(5), "x", "y", metadata])];
    given(Context, [], options).when("look").then(events);
    given(Context, [], { ...options, newId: () => "x" })
      .when("look")
      .then([count(0, ["a", new Date(5), "x", "x", metadata])]);
    failureOf(() =>
      given(Context, [], { newId: ["x"] })
        .when("look")
        .then(events),
    );
  });

  it("demands the services that the aggregate declares", () => {
    const Priced = defineAggregate({
      events: CounterEvents,
      initial,
      process: (_state, command: number, { services }: ProcessContext<{ factor: number }>) => [
        count(command * services.factor),
      ],
      apply,
    });
    const services = { factor: 3 };
    given(Priced, [], { services })
      .when(2)
      .then([count(6)]);
    // @ts-expect-error services are missing
    expect(() => given(Priced, [])).not.toThrow();
    // @ts-expect-error services are missing
    expect(() => given(Priced, [], {})).not.toThrow();
  });
});

it("refuses events and commands of other types at compile time", () => {
  // @ts-expect-error not an event of the family
  expect(() => given(Counter, [{ type: "Foreign" }])).toThrow();
  const test = given(Counter, []);
  // @ts-expect-error not a command
  expect(() => test.when(undefined)).toThrow();
  // @ts-expect-error not an event of the family
  expect(() => test.when(2).then([{ type: "Foreign" }])).toThrow();
});
