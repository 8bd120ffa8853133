import assert from "node:assert/strict";
import {
  defineAggregate,
  execute,
  find,
  newRoot,
  read,
  readAfter,
  type Root,
  snapshotAndTruncate,
  write,
} from "../../../aggregate/index.ts";
import { Rejection } from "../../../event/index.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { type LedgerEvent, noted } from "../contract-events.ts";
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

/** Nobody changes what is stored, kept or given to another, whatever he does to what he has. */
export const ownValuesCases: readonly CaseDefinition[] = [
  {
    guarantee: "what the caller does to a command, events or a root later changes nothing",
    ...richly,
    async check(context) {
      const { store } = context;
      const command = held();
      const pending = execute(store, Holder, "a", command);
      spoil(command);
      const done = await pending;
      spoil(command);
      const [event] = done.events;
      spoil((event as { value: Held }).value);
      spoil(done.state.held[0]!);
      await assertHeld(context, "a", 1);

      const events = [noted(held())];
      const written = await write(store, Holder, done, events);
      spoil((events[0] as { value: Held }).value);
      await assertHeld(context, "a", 2);
      spoil(written.state.held[1]!);
      const again = await write(store, Holder, written, [noted(held())]);
      await assertHeld(context, "a", 3);
      assert.deepEqual(again.state.held, [held(), held(), held()]);
    },
  },
  {
    guarantee: "each reader of a root has a state of its own",
    ...richly,
    async check(context) {
      const { store } = context;
      const empty = newRoot(Holder, "a");
      await execute(store, Holder, "a", held());
      const readers: (() => Promise<Root<Holding> | undefined>)[] = [
        () => read(store, Holder, "a"),
        () => read(store, Holder, "a", { fresh: "cached" }),
        () => find(store, Holder, "a", { fresh: "leader" }),
        () => readAfter(store, Holder, empty),
      ];
      for (const reader of readers) {
        const root = (await reader())!;
        assert.equal(root.state, root.state, "one state for one reader");
        spoil(root.state.held[0]!);
        root.state.held.length = 0;
        await assertHeld(context, "a", 1);
      }
    },
  },
  {
    guarantee: "a base holds the state that was read, whatever was done to the root since",
    ...richly,
    async check(context) {
      const { store } = context;
      const done = await execute(store, Holder, "a", held());
      spoil(done.state.held[0]!);
      const { root } = await snapshotAndTruncate(store, Holder, done);
      spoil(root.state.held[0]!);
      await assertHeld(context, "a", 1);
      await execute(store, Holder, "a", held());
      await assertHeld(context, "a", 2);
    },
  },
  {
    guarantee: "a command that its process consumes is whole at the next attempt",
    ...richly,
    async check(context) {
      const { store } = context;
      const Consumer = holder((_, { list, at, bytes }) => {
        if (list.shift() === undefined) return [];
        const event = noted({ list: ["a"], at: new Date(at), bytes: Uint8Array.from(bytes) });
        at.setTime(0);
        bytes.fill(9);
        return [event];
      });
      const command = held();
      await execute(store, Consumer, "a", command);
      const attempts = Array.from({ length: 9 }, () => execute(store, Consumer, "a", command));
      const done = await Promise.all(attempts);
      assert.ok(done.every(({ events }) => events.length === 1));
      assert.deepEqual(command, held());
      await assertHeld(context, "a", 10, Consumer);
    },
  },
  {
    guarantee: "a decision that changes the state and is rejected leaves it as it was",
    ...richly,
    async check(context) {
      const { store } = context;
      const Spoiler = holder((state, command) => {
        if (state.held.length === 0) return [noted(command)];
        spoil(state.held[0]!);
        throw command.list.length === 1 ? new Rejection("no") : new RangeError("a bug");
      });
      await execute(store, Spoiler, "a", held());
      for (const list of [["a"], ["a"], []]) {
        await assert.rejects(execute(store, Spoiler, "a", { ...held(), list }));
        await assertHeld(context, "a", 1, Spoiler);
      }
    },
  },
  {
    guarantee:
      "an apply that changes its arguments, before a write that fails, changes nothing kept",
    ...richly,
    async check(context) {
      const { store } = context;
      const Pusher = defineAggregate({
        ...holder(),
        apply: (state: Holding, event: LedgerEvent): Holding => {
          if (event.type === "Noted") state.held.push(event.value as Held);
          return state;
        },
      });
      const root = await write(store, Pusher, newRoot(Pusher, "a"), [noted(held())]);
      const large = noted({ ...held(), list: ["x".repeat(2 ** 21)] });
      for (let n = 0; n < 2; n++) {
        await refused("invalid-input", "a commit too large", () =>
          write(store, Pusher, root, [large]),
        );
      }
      await execute(store, Pusher, "a", held());
      await assertHeld(context, "a", 2, Pusher);
    },
  },
];
