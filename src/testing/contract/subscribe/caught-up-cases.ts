import assert from "node:assert/strict";
import type { Mark, Sequence, StoreWarning } from "../../../event/index.ts";
import { append, appendEach, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { listen } from "../listen.ts";
import { eventually } from "../within.ts";
import { assertHonest, isCaughtUp, isCommit, lastOf } from "./delivered.ts";

/** When a subscription has caught up. */
export const caughtUpCases: readonly CaseDefinition[] = [
  {
    guarantee: "onCaughtUp is called once, after all history and before what came later",
    async check({ open }) {
      for (const count of [0, 30]) {
        const store = await open();
        await appendEach(store, "a", count);
        const end = await endOf(store);
        const calls: { at: number; sequence: Sequence }[] = [];
        const listener = listen((signal) =>
          store.subscribe(LedgerEvents, {
            onCaughtUp: (sequence) => calls.push({ at: listener.items.length, sequence }),
            signal,
          }),
        );
        await eventually(() => assert.equal(calls.length, 1, "called"));
        assert.equal(calls[0]?.at, count, "after all history");
        assert.ok(calls[0].sequence >= end);
        await append(store, "b", "new", [deposited(1)]);
        await listener.until((items) => items.length > count, "a live event");
        await listener.stop();
        assert.equal(calls.length, 1, "once");
      }
    },
  },
  {
    guarantee: "an onCaughtUp that throws or rejects is a warning, and ends no subscription",
    async check({ open }) {
      const own = new Error("the listener's own");
      const throwing = (): never => {
        throw own;
      };
      for (const onCaughtUp of [throwing, async () => throwing()] as (() => void)[]) {
        const warnings: StoreWarning[] = [];
        const store = await open({ onWarning: (warning) => warnings.push(warning) });
        await appendEach(store, "a", 2);
        const listener = listen((signal) => store.subscribe(LedgerEvents, { onCaughtUp, signal }));
        await eventually(() => assert.ok(warnings.some(({ cause }) => cause === own)));
        await append(store, "b", "new", [deposited(1)]);
        await listener.until((items) => items.length === 3, "a live event");
        await listener.stop();
      }
    },
  },
  {
    guarantee: "deliveries are the commits, with a mark when all history was delivered",
    async check({ store }) {
      const published = await appendEach(store, "a", 5);
      await append(store, "a", "any", []);
      const listener = listen((signal) => store.subscribe(LedgerEvents, { signal }).deliveries());
      await listener.until((items) => items.some(isCaughtUp), "the mark");
      const at = listener.items.findIndex(isCaughtUp);
      const before = listener.items.slice(0, at).filter(isCommit);
      assert.equal(before.length, published.length + 1, "all history, also without events");
      assert.equal((listener.items[at] as Mark).sequence >= before.at(-1)!.sequence, true);
      const { head } = await append(store, "a", "any", [deposited(9)]);
      await listener.until((items) => items.some(lastOf(head.sequence)), "a live commit");
      await listener.stop();
      assertHonest(listener.items);
    },
  },
];
