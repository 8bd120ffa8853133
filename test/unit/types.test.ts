import {
  type Aggregate,
  commandTo,
  type Commit,
  type ConflictError,
  defineAggregate,
  defineEvents,
  type Checkpoints,
  defineProjection,
  defineReactor,
  dropProjection,
  memoryCheckpoints,
  type DomainEvent,
  type Envelope,
  type ErrorCode,
  type EventOf,
  type EventStore,
  type EventStream,
  execute,
  type Executed,
  type Family,
  find,
  isJetfoldError,
  isRejection,
  newRoot,
  observe,
  ParkedError,
  type ProjectedEvent,
  read,
  type RejectedError,
  Rejection,
  type Root,
  type TransactionError,
  write,
} from "jetfold";
import type { Sql } from "jetfold/postgres";
import { given } from "jetfold/testing";
import { describe, expectTypeOf, test } from "vitest";

// What is checked here is checked by the compiler: `tsc --noEmit` fails when a type is not as
// expected, and when a line below a @ts-expect-error compiles. Nothing that needs a store runs.

type Opened = { readonly type: "Opened"; readonly owner: string };
type Deposited = { readonly type: "Deposited"; readonly cents: number };
type Closed = { readonly type: "Closed" };
type AccountEvent = Opened | Deposited | Closed;
type Renamed = { readonly type: "Renamed"; readonly name: string };

interface Balance {
  readonly cents: number;
}

type AccountCommand =
  | { readonly type: "Open"; readonly owner: string }
  | { readonly type: "Deposit"; readonly cents: number };

interface Rates {
  readonly today: number;
}

const AccountEvents: Family<AccountEvent> = defineEvents<AccountEvent>()({
  name: "Account",
  types: { Opened: {}, Deposited: {}, Closed: {} },
});
const CustomerEvents = defineEvents<Renamed>()({ name: "Customer", types: { Renamed: {} } });

const Account = defineAggregate({
  events: AccountEvents,
  initial: (): Balance => ({ cents: 0 }),
  process(_state, command: AccountCommand): AccountEvent[] {
    return command.type === "Deposit" ? [{ type: "Deposited", cents: command.cents }] : [];
  },
  apply: (state, event) =>
    event.type === "Deposited" ? { cents: state.cents + event.cents } : state,
});

const Exchange = defineAggregate({
  events: AccountEvents,
  initial: (): Balance => ({ cents: 0 }),
  process(_state: Balance, cents: number, { services }: { readonly services: Rates }) {
    return [{ type: "Deposited", cents: cents * services.today } as const];
  },
  apply: (state) => state,
});

declare const store: EventStore;
declare const root: Root<Balance>;

/** Compiled, never called. */
function expectToCompile(body: () => unknown): void {
  expectTypeOf(body).toBeFunction();
}

describe("defineEvents", () => {
  test("infers the family of its union", () => {
    expectTypeOf(CustomerEvents).toEqualTypeOf<Family<Renamed>>();
  });

  test("wants the union, and a second call", () => {
    const definition = { name: "Customer", types: { Renamed: {} } };
    // @ts-expect-error the union is missing
    expectToCompile(() => defineEvents()({ name: "Customer", types: { Renamed: {} } }));
    // @ts-expect-error the definition goes to a second call
    expectToCompile(() => defineEvents<Renamed>(definition));
  });

  test("wants every type of the union", () => {
    expectToCompile(() =>
      defineEvents<AccountEvent>()({
        name: "Account",
        // @ts-expect-error Closed is missing
        types: { Opened: {}, Deposited: {} },
      }),
    );
  });

  test("refuses a type the union does not have", () => {
    expectToCompile(() =>
      defineEvents<Renamed>()({
        name: "Customer",
        types: {
          Renamed: {},
          // @ts-expect-error there is no such event
          Moved: {},
        },
      }),
    );
  });

  test("takes a chain of upcasters in which each step takes what the one before returns", () => {
    expectToCompile(() =>
      defineEvents<Renamed>()({
        name: "Customer",
        types: {
          Renamed: {
            upcast: [
              (old: { type: "Renamed"; first: string }) => ({ type: old.type, full: old.first }),
              (old: { type: "Renamed"; full: string }) => ({ type: old.type, name: old.full }),
            ],
          },
        },
      }),
    );
  });

  test("refuses a chain whose steps do not fit each other", () => {
    expectToCompile(() =>
      defineEvents<Renamed>()({
        name: "Customer",
        types: {
          Renamed: {
            upcast: [
              (old: { type: "Renamed"; first: string }) => ({ type: old.type, full: old.first }),
              // @ts-expect-error `full` is a string
              (old: { type: "Renamed"; full: number }) => ({ type: old.type, name: `${old.full}` }),
            ],
          },
        },
      }),
    );
  });

  test("refuses a chain that does not end in today's event", () => {
    expectToCompile(() =>
      defineEvents<Renamed>()({
        name: "Customer",
        types: {
          Renamed: {
            // @ts-expect-error `name` is a string
            upcast: [(old: { type: "Renamed"; first: string }) => ({ type: old.type, name: 1 })],
          },
        },
      }),
    );
  });
});

describe("an event type", () => {
  interface Tree {
    readonly name: string;
    readonly parts?: readonly Tree[];
  }
  type Stored =
    | {
        readonly type: "Stored";
        readonly at: Date;
        readonly bytes: Uint8Array;
        readonly tree: Tree;
        readonly id: string & { readonly __brand: "id" };
        readonly by: Record<string, readonly [number, bigint]>;
        readonly note?: string;
        readonly any: unknown;
      }
    | { readonly type: "Gone" };

  test("may hold what codecs carry, nested as it likes", () => {
    expectToCompile(() =>
      defineEvents<Stored>()({ name: "Stored", types: { Stored: {}, Gone: {} } }),
    );
  });

  test("must not hold what no codec carries", () => {
    type Mapped = { readonly type: "Mapped"; readonly all: ReadonlyMap<string, number> };
    type Deep = Stored | { readonly type: "Deep"; readonly in: readonly { of: Set<string> }[] };
    type Called = { readonly type: "Called"; readonly back?: () => void };
    // @ts-expect-error a Map can't be stored
    expectToCompile(() => defineEvents<Mapped>());
    // @ts-expect-error a Set can't be stored
    expectToCompile(() => defineEvents<Deep>());
    // @ts-expect-error a function can't be stored
    expectToCompile(() => defineEvents<Called>());
  });
});

describe("selections", () => {
  test("a family selects its union, `only` the types named, `of` the union", () => {
    const some = AccountEvents.only("Opened", "Closed");
    expectTypeOf<EventOf<typeof AccountEvents>>().toEqualTypeOf<AccountEvent>();
    expectTypeOf<EventOf<typeof some>>().toEqualTypeOf<Opened | Closed>();
    expectTypeOf<EventOf<ReturnType<typeof AccountEvents.of>>>().toEqualTypeOf<AccountEvent>();
  });

  test("several select the union of what each selects", () => {
    const several = [AccountEvents.only("Closed"), CustomerEvents] as const;
    expectTypeOf<EventOf<typeof several>>().toEqualTypeOf<Closed | Renamed>();
    const list = [AccountEvents, CustomerEvents];
    expectTypeOf<EventOf<typeof list>>().toEqualTypeOf<AccountEvent | Renamed>();
  });

  test("`only` refuses a type of another family", () => {
    // @ts-expect-error Renamed is the customer's
    expectToCompile(() => AccountEvents.only("Renamed"));
  });

  test("readers give what is selected", () => {
    expectToCompile(() => {
      const replayed = store.replay([AccountEvents.only("Closed"), CustomerEvents]);
      expectTypeOf(replayed).toEqualTypeOf<EventStream<Closed | Renamed>>();
      const last = store.last(AccountEvents, "a");
      expectTypeOf(last).resolves.toEqualTypeOf<Commit<AccountEvent> | undefined>();
    });
  });
});

describe("Envelope", () => {
  test("its type tells its event", () => {
    expectToCompile((envelope = {} as Envelope<AccountEvent>) => {
      expectTypeOf(envelope.type).toEqualTypeOf<"Opened" | "Deposited" | "Closed">();
      if (envelope.type === "Deposited") expectTypeOf(envelope.event).toEqualTypeOf<Deposited>();
      else expectTypeOf(envelope.event).toEqualTypeOf<Opened | Closed>();
    });
  });

  test("one of some types is one of more types", () => {
    expectTypeOf<Envelope<Closed>>().toExtend<Envelope<AccountEvent>>();
    expectTypeOf<Envelope<AccountEvent>>().toExtend<Envelope>();
    expectTypeOf<Envelope<AccountEvent>>().not.toExtend<Envelope<Closed>>();
  });
});

describe("defineAggregate", () => {
  test("infers state, command, event and services", () => {
    expectTypeOf(Account).toEqualTypeOf<Aggregate<Balance, AccountCommand, AccountEvent>>();
    expectTypeOf(Exchange).toEqualTypeOf<Aggregate<Balance, number, AccountEvent, Rates>>();
  });

  test("takes its events from the family, not from what process or apply do", () => {
    const parts = { events: CustomerEvents, initial: (): number => 0 };
    expectToCompile(() =>
      defineAggregate({
        ...parts,
        // @ts-expect-error Closed is not the customer's
        process: (_state, _command: string) => [{ type: "Closed" }],
        apply: (state) => state,
      }),
    );
    expectToCompile(() =>
      defineAggregate({
        ...parts,
        process: (_state, _command: string) => [],
        // @ts-expect-error the customer has no `cents`
        apply: (state, event) => state + event.cents,
      }),
    );
  });

  const status = (): { readonly cents: number; readonly status: "none" | "open" } => ({
    cents: 0,
    status: "none",
  });

  test("keeps literals without return types, whichever parameters are annotated", () => {
    const parts = { events: AccountEvents, initial: status };
    const inferred = defineAggregate({
      ...parts,
      async process(_state, command: AccountCommand) {
        switch (command.type) {
          case "Open":
            return [{ type: "Opened", owner: command.owner }];
          case "Deposit":
            return command.cents > 0 ? [{ type: "Deposited", cents: command.cents }] : [];
        }
      },
      apply: (state, event) => (event.type === "Opened" ? { ...state, status: "open" } : state),
    });
    type State = ReturnType<typeof status>;
    expectTypeOf(inferred).toEqualTypeOf<Aggregate<State, AccountCommand, AccountEvent>>();
    const annotated = defineAggregate({
      ...parts,
      process: (_state: State, owner: string) => [{ type: "Opened", owner }],
      apply: (state: State, _event: AccountEvent) => ({ cents: state.cents, status: "open" }),
    });
    expectTypeOf(annotated).toEqualTypeOf<Aggregate<State, string, AccountEvent>>();
  });

  test("refuses a property that is not declared, without return types too", () => {
    const parts = { events: AccountEvents, initial: status };
    expectToCompile(() =>
      defineAggregate({
        ...parts,
        // @ts-expect-error Deposited has no `by`
        process: (_state, cents: number) => [{ type: "Deposited", cents, by: "me" }],
        apply: (state) => state,
      }),
    );
    expectToCompile(() =>
      defineAggregate({
        ...parts,
        process: (_state, cents: number) => [{ type: "Deposited", cents }],
        // @ts-expect-error the state has no `owner`
        apply: (state) => ({ ...state, owner: "me" }),
      }),
    );
    expectToCompile(() =>
      defineAggregate({
        ...parts,
        // @ts-expect-error `cents` is a number
        process: (_state, cents: number) => [{ type: "Deposited", cents: `${cents}` }],
        apply: (state) => state,
      }),
    );
  });

  test("takes states that are no plain objects", () => {
    expectToCompile(() => [
      defineAggregate({
        events: AccountEvents,
        initial: (): ReadonlyMap<string, number> => new Map(),
        process: (_state, _command: string) => [],
        apply: (state, event) => new Map([...state, [event.type, 1]]),
      }),
      defineAggregate({
        events: AccountEvents,
        initial: (): Record<string, number> => ({}),
        process: (_state, _command: string) => [],
        apply: (state, event) => ({ ...state, [event.type]: 1 }),
      }),
      defineAggregate({
        events: AccountEvents,
        initial: (): readonly string[] => [],
        process: (_state, _command: string) => [],
        apply: (state, event) => [...state, event.type],
      }),
    ]);
  });

  test("wants apply to return the state", () => {
    expectToCompile(() =>
      defineAggregate({
        events: CustomerEvents,
        initial: (): Balance => ({ cents: 0 }),
        process: (_state, _command: string) => [],
        // @ts-expect-error a Balance has cents
        apply: () => ({ pounds: 0 }),
      }),
    );
  });
});

describe("roots", () => {
  test("hold the aggregate's state", () => {
    expectTypeOf(newRoot(Account, "a")).toEqualTypeOf<Root<Balance>>();
    expectToCompile(() => {
      expectTypeOf(read(store, Account, "a")).resolves.toEqualTypeOf<Root<Balance>>();
      expectTypeOf(find(store, Account, "a")).resolves.toEqualTypeOf<Root<Balance> | undefined>();
    });
  });

  test("are written with events of their aggregate", () => {
    expectToCompile(() => write(store, Account, root, [{ type: "Closed" }]));
    // @ts-expect-error Renamed is the customer's
    expectToCompile(() => write(store, Account, root, [{ type: "Renamed", name: "x" }]));
    // @ts-expect-error the state is a Balance
    expectToCompile(() => write(store, Account, {} as Root<string>, [{ type: "Closed" }]));
  });
});

describe("execute", () => {
  test("takes the aggregate's commands and gives its state and events", () => {
    expectToCompile(() => {
      const done = execute(store, Account, "a", { type: "Deposit", cents: 1 });
      expectTypeOf(done).resolves.toEqualTypeOf<Executed<Balance, AccountEvent>>();
    });
    // @ts-expect-error there is no such command
    expectToCompile(() => execute(store, Account, "a", { type: "Withdraw", cents: 1 }));
    // @ts-expect-error `cents` is a number
    expectToCompile(() => execute(store, Account, "a", { type: "Deposit", cents: "1" }));
  });

  test("wants the services an aggregate declares, and no options of others", () => {
    expectToCompile(() =>
      execute(store, Exchange, "a", 1, { services: { today: 2 }, budgetMs: 1 }),
    );
    // @ts-expect-error the services are missing
    expectToCompile(() => execute(store, Exchange, "a", 1));
    // @ts-expect-error the services are missing
    expectToCompile(() => execute(store, Exchange, "a", 1, { budgetMs: 1 }));
    // @ts-expect-error `today` is missing
    expectToCompile(() => execute(store, Exchange, "a", 1, { services: {} }));
    expectToCompile(() =>
      execute(store, Account, "a", { type: "Open", owner: "o" }, { budgetMs: 1 }),
    );
  });
});

describe("transact", () => {
  test("checks each commit against its own family", () => {
    expectToCompile(() =>
      store.transact([
        { family: AccountEvents, id: "a", expect: "new", events: [{ type: "Closed" }] },
        { family: CustomerEvents, id: "c", expect: 7, events: [{ type: "Renamed", name: "n" }] },
      ]),
    );
    expectToCompile(() =>
      store.transact([
        { family: AccountEvents, id: "a", expect: "new", events: [{ type: "Closed" }] },
        // @ts-expect-error Closed is the account's
        { family: CustomerEvents, id: "c", expect: 7, events: [{ type: "Closed" }] },
      ]),
    );
  });

  test("wants an expectation for each", () => {
    // @ts-expect-error `expect` is missing
    expectToCompile(() => store.transact([{ family: AccountEvents, id: "a", events: [] }]));
    // @ts-expect-error `expect` is missing
    expectToCompile(() => store.publish({ family: AccountEvents, id: "a", events: [] }));
  });
});

describe("defineProjection", () => {
  const closing = defineProjection({
    name: "closing",
    events: [AccountEvents.only("Closed", "Deposited"), CustomerEvents],
    project(envelope) {
      expectTypeOf(envelope).toEqualTypeOf<Envelope<Closed | Deposited | Renamed>>();
      if (envelope.type === "Renamed") expectTypeOf(envelope.event.name).toEqualTypeOf<string>();
    },
    projectBase(base) {
      expectTypeOf(base).toEqualTypeOf<Commit<Closed | Deposited | Renamed>>();
    },
  });

  test("takes handlers that return whatever they do", () => {
    const cents = new Map<string, number>();
    expectToCompile(() =>
      defineProjection({
        name: "cents",
        events: AccountEvents,
        project: ({ id, event }) => event.type === "Deposited" && cents.set(id, event.cents),
        effect: async ({ id }) => id,
        drop: () => cents.clear(),
      }),
    );
  });

  test("infers what it handles from what it selects", () => {
    expectTypeOf<ProjectedEvent<typeof closing>>().toEqualTypeOf<Closed | Deposited | Renamed>();
    expectToCompile(() => observe(store, closing));
  });

  const kept = defineProjection({
    name: "kept",
    events: AccountEvents,
    async project(envelope, tx: Sql) {
      expectTypeOf(envelope).toEqualTypeOf<Envelope<AccountEvent>>();
      await tx.query("SELECT 1");
    },
    async drop(tx) {
      expectTypeOf(tx).toEqualTypeOf<Sql>();
    },
  });

  test("takes the transaction's type from its handler, and asks for checkpoints that give one", () => {
    const checkpoints = undefined as unknown as Checkpoints<Sql>;
    expectToCompile(() => observe(store, kept, { checkpoints }));
    expectToCompile(() => observe(store, closing, { checkpoints }));
    expectToCompile(() => dropProjection(store, kept, checkpoints));
    // @ts-expect-error there is no transaction without checkpoints that have one
    expectToCompile(() => observe(store, kept));
    // @ts-expect-error nor with these
    expectToCompile(() => observe(store, kept, { checkpoints: memoryCheckpoints() }));
  });

  test("refuses a handler for what it does not select", () => {
    expectToCompile(() =>
      defineProjection({
        name: "renaming",
        events: CustomerEvents,
        // @ts-expect-error only Renamed is selected
        project: (envelope: Envelope<Closed>) => void envelope,
      }),
    );
  });
});

describe("a reactor", () => {
  test("is given the events of its selection", () => {
    expectToCompile(() =>
      defineReactor({
        name: "greeter",
        events: AccountEvents.only("Opened"),
        react(envelope, { key }) {
          expectTypeOf(envelope).toEqualTypeOf<Envelope<Opened>>();
          expectTypeOf(key).toBeString();
          return commandTo(Account, envelope.id, { type: "Deposit", cents: 1 });
        },
      }),
    );
  });

  test("returns commands, or nothing", () => {
    const of = { name: "greeter", events: CustomerEvents };
    expectToCompile(() => defineReactor({ ...of, react: () => undefined }));
    expectToCompile(() => defineReactor({ ...of, react: async () => [] }));
    // @ts-expect-error an event is no command
    expectToCompile(() => defineReactor({ ...of, react: () => ({ type: "Closed" }) }));
  });

  test("a command is one of its aggregate's, with the services that it wants", () => {
    // @ts-expect-error there is no such command
    expectToCompile(() => commandTo(Account, "a", { type: "Withdraw" }));
    // @ts-expect-error the services are missing
    expectToCompile(() => commandTo(Exchange, "a", 1));
  });
});

describe("given", () => {
  test("takes the aggregate's events, commands and states, and no others", () => {
    expectToCompile(() =>
      given(Account, [{ type: "Opened", owner: "o" }])
        .when({ type: "Deposit", cents: 1 })
        .then([{ type: "Deposited", cents: 1 }]),
    );
    // @ts-expect-error Renamed is the customer's
    expectToCompile(() => given(Account, [{ type: "Renamed", name: "x" }]));
    // @ts-expect-error there is no such command
    expectToCompile(() => given(Account, []).when({ type: "Withdraw" }));
    expectToCompile(() => {
      const opened = given(Account, []).when({ type: "Open", owner: "o" });
      // @ts-expect-error Renamed is the customer's
      opened.then([{ type: "Renamed", name: "x" }]);
      // @ts-expect-error the state is a Balance
      opened.thenState({ pounds: 1 });
    });
  });

  test("wants the services an aggregate declares", () => {
    expectToCompile(() => given(Exchange, [], { services: { today: 2 } }));
    // @ts-expect-error the services are missing
    expectToCompile(() => given(Exchange, []));
    // @ts-expect-error `today` is missing
    expectToCompile(() => given(Exchange, [], { services: {} }));
  });

  test("an outcome can be awaited", () => {
    expectToCompile(async () => {
      const outcome = await given(Account, []).when({ type: "Open", owner: "o" });
      expectTypeOf(outcome).not.toBeAny();
    });
  });
});

test("every event is a DomainEvent", () => {
  expectTypeOf<AccountEvent>().toExtend<DomainEvent>();
});

test("a code tells an error's class", () => {
  const look = (error: unknown): void => {
    if (isJetfoldError(error, "parked")) expectTypeOf(error).toEqualTypeOf<ParkedError>();
    if (isJetfoldError(error, "transaction")) expectTypeOf(error).toEqualTypeOf<TransactionError>();
    if (!isJetfoldError(error)) return;
    expectTypeOf<(typeof error)["code"]>().toEqualTypeOf<ErrorCode>();
    if (error.code === "conflict") expectTypeOf(error).toEqualTypeOf<ConflictError>();
    if (error.code === "poison" && error.at.kind === "bucket") {
      expectTypeOf(error.at.key).toEqualTypeOf<string>();
    }
    // @ts-expect-error -- no code of jetfold's
    isJetfoldError(error, "not-a-code");
  };
  look(new ParkedError("list", { family: "Tab", id: "a" }, 1));
});

test("a rejection's code and data are known by its class, or by a look at its code", () => {
  class Overdrawn extends Rejection<"overdrawn", { readonly left: number }> {}
  const look = (error: unknown): void => {
    if (isJetfoldError(error, "rejected")) {
      expectTypeOf(error).toEqualTypeOf<RejectedError>();
      if (error.rejection instanceof Overdrawn) {
        expectTypeOf(error.rejection.data.left).toEqualTypeOf<number>();
      }
    }
    if (isRejection(error, "overdrawn")) expectTypeOf(error.code).toEqualTypeOf<"overdrawn">();
  };
  look(new Overdrawn("overdrawn", "too little", { left: 3 }));
  expectTypeOf(new Rejection("x", "y", { left: 3 })).toEqualTypeOf<
    Rejection<"x", { left: number }>
  >();
  type No = Rejection<"not-open"> | Rejection<"overdrawn", { readonly left: number }>;
  const leftOf = (no: No): number => (no.code === "overdrawn" ? no.data.left : 0);
  expectTypeOf(leftOf).returns.toEqualTypeOf<number>();
});
