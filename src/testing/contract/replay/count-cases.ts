import assert from "node:assert/strict";
import { InvalidInputError } from "../../../event/index.ts";
import { append, appendEach, sendParcel } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, opened, ParcelEvents } from "../contract-events.ts";

/** How much is stored, and what lies where. */
export const countCases: readonly CaseDefinition[] = [
  {
    guarantee: "`count` is the number of selected commits after a sequence",
    async check({ store }) {
      assert.equal(await store.count(everything, 0), 0);
      await appendEach(store, "a", 5);
      const p = await sendParcel(store, "p", "new");
      const b = await append(store, "b", "new", [opened(), deposited(1)]);
      assert.equal(await store.count(LedgerEvents, 0), 6);
      assert.equal(await store.count(LedgerEvents.of("a"), 2), 3);
      assert.equal(await store.count(ParcelEvents, 0), 1);
      assert.equal(await store.count(everything, p.head.sequence), 1);
      assert.equal(await store.count(everything, b.head.sequence), 0);
      assert.equal(await store.count(everything, b.head.sequence + 1_000), 0);
      await assert.rejects(store.count(everything, -1), InvalidInputError);
    },
  },
  {
    guarantee: "`count` does not count what was cut off",
    async check({ store }) {
      await appendEach(store, "a", 5);
      const last = await store.last(LedgerEvents, "a", { fresh: "leader" });
      await store.truncate(LedgerEvents, "a", last!.sequence);
      assert.equal(await store.count(LedgerEvents, 0), 1);
    },
  },
  {
    guarantee: "`stampAt` tells commits apart, whatever family they are of, and does not change",
    async check({ store }) {
      const a = await append(store, "a", "new", [opened()]);
      const b = await append(store, "b", "new", [opened()]);
      const p = await sendParcel(store, "p", "new");
      const sequences = [a, b, p].map(({ head }) => head.sequence);
      const stamps = await Promise.all(sequences.map((sequence) => store.stampAt(sequence)));
      assert.equal(new Set(stamps).size, 3);
      assert.ok(!stamps.includes(undefined));
      const again = await Promise.all(sequences.map((sequence) => store.stampAt(sequence)));
      assert.deepEqual(again, stamps);
      assert.equal(await store.stampAt(p.head.sequence + 1), undefined);
      assert.equal(await store.stampAt(0), undefined);
      await append(store, "a", a.head, [deposited(1)]);
      await store.truncate(LedgerEvents, "a", a.head.sequence + 1);
      assert.equal(await store.stampAt(a.head.sequence), undefined);
    },
  },
];
