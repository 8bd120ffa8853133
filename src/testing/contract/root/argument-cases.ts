import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import {
  commandTo,
  defineAggregate,
  execute,
  find,
  newRoot,
  read,
  snapshotAndTruncate,
  write,
} from "../../../aggregate/index.ts";
import { defineEvents, type EventStore } from "../../../event/index.ts";
import { append, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";
import { Ledger } from "./ledger.ts";

/** Each way in, with its options. */
type Ways = Readonly<Record<string, (options: never) => unknown>>;

function waysInto(store: EventStore): Ways {
  const commit = { family: LedgerEvents, id: "a", expect: "any", events: [deposited(1)] } as const;
  const root = newRoot(Ledger, "a");
  return {
    publish: (options) => store.publish(commit, options),
    transact: (options) => store.transact([commit], options),
    replay: (options) => store.replay(LedgerEvents, options),
    subscribe: (options) => store.subscribe(LedgerEvents, options),
    last: (options) => store.last(LedgerEvents, "a", options),
    at: (options) => store.at(LedgerEvents, 1, options),
    end: (options) => store.end(LedgerEvents, options),
    count: (options) => store.count(LedgerEvents, 0, options),
    stampAt: (options) => store.stampAt(1, options),
    ids: (options) => gather(store.ids(LedgerEvents, options)),
    read: (options) => read(store, Ledger, "a", options),
    find: (options) => find(store, Ledger, "a", options),
    execute: (options) => execute(store, Ledger, "a", { cents: 1 }, options),
    write: (options) => write(store, Ledger, root, [deposited(1)], options),
    commandTo: (options) => commandTo(Ledger, "a", { cents: 1 }, options),
    snapshotAndTruncate: (options) => snapshotAndTruncate(store, Ledger, root, options),
  };
}

/** What of these is no option's value, by the name of the option. */
const wrong: readonly [readonly (keyof Ways)[], string, readonly unknown[]][] = [
  [["replay", "subscribe"], "after", [-1, 1.5, Number.NaN, Infinity, "1", null, 1n]],
  [["replay", "read", "find"], "until", [-1, 0.5, "2020", null, new Date(Number.NaN), {}]],
  [["replay", "subscribe"], "poison", ["Skip", "", null, true]],
  [["read", "find"], "fresh", ["Leader", "replica", 0, null]],
  [["last", "at", "end"], "fresh", ["Leader", "cached", true, null]],
  [["last", "end", "stampAt"], "timeoutMs", [-1, Number.NaN, "1", null]],
  [["publish", "transact", "execute", "write"], "budgetMs", [0, -1, Number.NaN, "1", null]],
  [["publish", "execute", "write"], "commitId", ["", "a b", 5, null]],
  [["publish"], "retryOf", [-1, 1.5, "1"]],
  [["execute", "write", "commandTo"], "metadata", ["me", 5, null, [], new Map(), new Date(0)]],
  [["execute"], "now", [5, "2020", null, new Date(Number.NaN)]],
  [["subscribe"], "onCaughtUp", ["f", null]],
  [["replay", "execute", "ids", "read"], "signal", [{}, true, null, "abort"]],
  [["snapshotAndTruncate"], "keepFrom", [-1, 1.5, "1", null]],
  [["snapshotAndTruncate"], "withoutUpcastState", [1, "yes", null]],
];

const Purse = defineEvents<{ type: "Filled"; cents: number }>()({
  name: "Purse",
  types: { Filled: {} },
});

/** What is no argument is refused: by name, rule and value, and before anything is stored. */
export const argumentCases: readonly CaseDefinition[] = [
  {
    guarantee:
      "an option that is none is refused by name, whatever takes it, and undefined is none",
    async check({ store }) {
      for (const [way, call] of Object.entries(waysInto(store))) {
        const error = await refused("invalid-input", way, () => call({ expect: 0 } as never));
        assert.equal(error.field, "expect", way);
        assert.match(error.rule, /^is no option of /, way);
        for (const options of [null, "leader", 5, []]) {
          await refused("invalid-input", `${way}: ${String(options)}`, () =>
            call(options as never),
          );
        }
      }
      assert.equal(await endOf(store), 0);
      await append(store, "a", "new", [deposited(1)]);
      const none = { signal: undefined, fresh: undefined, until: undefined } as object;
      assert.equal((await read(store, Ledger, "a", none)).head.revision, 1);
    },
  },
  {
    guarantee: "an option's value that breaks its rule is refused, with field, rule and value",
    async check({ store }) {
      const ways = waysInto(store);
      for (const [names, field, values] of wrong) {
        for (const way of names) {
          for (const value of values) {
            const what = `${way}: ${field} ${typeof value} ${String(value)}`;
            const given = { [field]: value } as never;
            const error = await refused("invalid-input", what, () => ways[way]!(given));
            assert.equal(error.field, field, what);
            assert.ok(Object.is(error.value, value), what);
            assert.match(error.rule, /^must /, what);
          }
        }
      }
      assert.equal(await endOf(store), 0);
    },
  },
  {
    guarantee: "metadata that is no plain object is refused, and not stored as none",
    async check({ store }) {
      for (const metadata of ["me", 5, [], new Map([["actor", "me"]]), null] as never[]) {
        const commit = { family: LedgerEvents, id: "a", expect: "any", events: [] } as const;
        const what = `metadata ${String(metadata)}`;
        const error = await refused("invalid-input", what, () =>
          store.publish({ ...commit, metadata }),
        );
        assert.equal(error.field, "metadata");
      }
      assert.equal(await endOf(store), 0);
    },
  },
  {
    guarantee: "a Date of another realm is one; in an event it is refused for what it is",
    async check({ store }) {
      await append(store, "a", "new", [deposited(1)]);
      const foreign = runInNewContext("new Date()") as Date;
      const after = new Date(foreign.getTime() + 60_000);
      const until = runInNewContext(`new Date(${after.getTime()})`) as Date;
      assert.equal((await read(store, Ledger, "a", { until })).head.revision, 1);
      await execute(store, Ledger, "a", { cents: 1 }, { now: foreign });
      const events = [{ type: "Noted", value: { at: foreign } }] as const;
      const commit = { family: LedgerEvents, id: "b", expect: "any", events } as const;
      const error = await refused("invalid-input", "a foreign Date", () => store.publish(commit));
      assert.equal(error.field, "events[0].value.at");
      assert.match(error.rule, /^comes from another realm/);
    },
  },
  {
    guarantee: "an `apply` that returns no state is refused before anything is stored",
    async check({ store }) {
      const nothings = [
        () => undefined,
        () => Promise.resolve({ cents: 1 }),
        () => Promise.reject(new Error("nobody's")),
      ];
      for (const nothing of nothings) {
        const aggregate = defineAggregate({
          events: Purse,
          initial: () => ({ cents: 0 }),
          process: () => [{ type: "Filled", cents: 1 } as const],
          apply: () => nothing() as never,
        });
        const what = `apply that returns ${String(nothing)}`;
        const error = await refused("config", what, () => execute(store, aggregate, "p", {}));
        assert.match(
          error.message,
          /apply of "Filled" must return a state, got (?:undefined|a prom)/,
        );
      }
      assert.equal(await store.end(Purse), 0);
    },
  },
  {
    guarantee: "an upcaster that returns no event of its type is poison, and is not believed",
    async check({ store }) {
      const filled = { type: "Filled", cents: 1 } as const;
      await store.publish({ family: Purse, id: "p", expect: "new", events: [filled] });
      const wrongs = [undefined, null, 5, Promise.resolve(filled), { type: "Emptied" }, {}];
      for (const returned of wrongs) {
        const Later = defineEvents<typeof filled>()({
          name: "Purse",
          types: { Filled: { upcast: [() => returned as never] } },
        });
        const what = `an upcaster that returns ${JSON.stringify(returned)}`;
        const error = await refused("poison", what, async () => {
          for await (const { event } of store.replay(Later.of("p"))) assert.fail(event.type);
        });
        assert.equal((error.cause as { code?: string }).code, "invalid-input", what);
      }
    },
  },
];
