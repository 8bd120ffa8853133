import assert from "node:assert/strict";
import { defineAggregate, execute, find, write } from "../../../aggregate/index.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { type LedgerEvent, LedgerEvents, noted } from "../contract-events.ts";
import { refused } from "../refused.ts";
import {
  assertHeld,
  type Held,
  held,
  Holder,
  holder,
  type Holding,
  richly,
  spoil,
} from "./holder.ts";

/** What is applied, validated, stored and returned is one and the same, whoever made it. */
export const ownEventsCases: readonly CaseDefinition[] = [
  {
    guarantee: "the events of a result are what was stored, whatever process does with its own",
    ...richly,
    async check(context) {
      const { store } = context;
      const kept = noted(held());
      const Keeper = holder(() => [kept]);
      const first = await execute(store, Keeper, "a", held());
      spoil((first.events[0] as { value: Held }).value);
      const second = await execute(store, Keeper, "a", held());
      spoil((kept as { value: Held }).value);
      assert.deepEqual(second.events, [noted(held())]);
      await assertHeld(context, "a", 2, Keeper);
    },
  },
  {
    guarantee: "an event whose fields are worked out when they are read is read once",
    ...richly,
    async check(context) {
      let reads = 0;
      const counting = () =>
        noted({
          get list() {
            return ["a".repeat(++reads)];
          },
          ...{ at: new Date(1_000), bytes: Uint8Array.of(1, 2) },
        });
      const { store } = context;
      const Counting = holder(() => [counting()]);
      const done = await execute(store, Counting, "a", held());
      assert.deepEqual([done.state, done.events], [{ held: [held()] }, [noted(held())]]);
      reads = 0;
      const written = await write(store, Counting, done, [counting()]);
      assert.deepEqual(written.state, { held: [held(), held()] });
      await assertHeld(context, "a", 2, Counting);
    },
  },
  {
    guarantee: "a command's arrays keep what they have beside their items",
    async check({ store }) {
      const Matcher = defineAggregate({
        ...holder(),
        process: (_: Holding, match: RegExpExecArray) => [
          noted([match.index, match.groups?.["b"]]),
        ],
      });
      const match = /(?<b>b)/.exec("ab")!;
      const { events } = await execute(store, Matcher, "a", match);
      assert.deepEqual(events, [noted([1, "b"])]);
      const Storing = defineAggregate({ ...holder(), process: () => [noted(match)] });
      await refused("invalid-input", "an array that can't be stored whole", () =>
        execute(store, Storing, "a", held()),
      );
    },
  },
  {
    guarantee: "a schema that changes an event where it stands is refused, and nothing is stored",
    async check({ store }) {
      const validate = (value: unknown) => {
        (value as { value: string[] }).value.push("default");
        return { value: value as LedgerEvent };
      };
      const schema = { "~standard": { version: 1, vendor: "test", validate } } as const;
      const events = Object.freeze({ ...LedgerEvents, schema });
      const Changed = defineAggregate({ ...holder(() => [noted(["a"])]), events });
      const error = await refused("config", "deciding", () => execute(store, Changed, "a", held()));
      assert.match(error.message, /its schema changes "Noted"/);
      assert.equal(await find(store, Holder, "a", { fresh: "leader" }), undefined);
    },
  },
];
