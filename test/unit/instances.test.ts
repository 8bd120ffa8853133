import {
  commandTo,
  defineAggregate,
  defineEvents,
  defineProjection,
  defineReactor,
  type Envelope,
  execute,
  InvalidInputError,
  observe,
  react,
  read,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { expect, test } from "vitest";

type Deposited = { type: "Deposited"; cents: number };
const Events = defineEvents<Deposited>()({ name: "Account", types: { Deposited: {} } });

/** Everything is on its prototype, and needs the instance. */
class Account {
  readonly #start = 0;
  get events(): typeof Events {
    return Events;
  }
  initial(): number {
    return this.#start;
  }
  process(_: number, cents: number): Deposited[] {
    return [{ type: "Deposited", cents: this.#start + cents }];
  }
  apply(sum: number, { cents }: Deposited): number {
    return this.#start + sum + cents;
  }
}

class Balances {
  readonly #calls: string[] = [];
  get calls(): readonly string[] {
    return this.#calls;
  }
  get events(): typeof Events {
    return Events;
  }
  get name(): string {
    return "balances";
  }
  create(): void {
    this.#calls.push("create");
  }
  activate(): void {
    this.#calls.push("activate");
  }
  project({ event }: Envelope<Deposited>): void {
    this.#calls.push(`project ${event.cents}`);
  }
  effect({ event }: Envelope<Deposited>): void {
    this.#calls.push(`effect ${event.cents}`);
  }
}

test("a class's instance is a definition with all that is on its prototype", async () => {
  await using store = await MemoryStore.open({ name: "instances" });
  const account = defineAggregate<number, number, Deposited>(new Account());
  await execute(store, account, "ada", 5);
  expect((await read(store, account, "ada")).state).toBe(5);
  const balances = new Balances();
  const running = observe(store, defineProjection<typeof Events, undefined>(balances));
  await running.caughtUp();
  await running.stop();
  expect(balances.calls).toEqual(["create", "activate", "project 5", "effect 5"]);
});

test("a reactor that is a class's instance reacts", async () => {
  await using store = await MemoryStore.open({ name: "instances" });
  const account = defineAggregate<number, number, Deposited>(new Account());
  class Copying {
    readonly #to = "copy";
    readonly name: string = "copying";
    readonly events: ReturnType<typeof Events.of> = Events.of("ada");
    react({ event }: Envelope<Deposited>) {
      return [commandTo(account, this.#to, event.cents)];
    }
  }
  await execute(store, account, "ada", 7);
  const running = react(store, defineReactor(new Copying()));
  await running.caughtUp();
  await running.stop();
  expect((await read(store, account, "copy")).state).toBe(7);
});

test("options may be inherited, too", async () => {
  await using store = await MemoryStore.open({ name: "instances" });
  const told: string[] = [];
  class Options {
    onState(state: string): void {
      told.push(state);
    }
  }
  const running = observe(store, defineProjection(new Balances()), new Options());
  await running.caughtUp();
  await running.stop();
  expect(told.at(-1)).toBe("stopped");
});

test("what is on a prototype is checked as well", () => {
  class Wrong extends Balances {
    get batch(): unknown {
      return "all";
    }
  }
  expect(() => defineProjection(new Wrong() as never)).toThrow(InvalidInputError);
});
