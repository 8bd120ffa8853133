import assert from "node:assert/strict";
import { type Head, noHead } from "../../../event/index.ts";
import { append, appendEach, sendParcel } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, opened, ParcelEvents } from "../contract-events.ts";
import { gather, gatherFirst } from "../gather.ts";
import { refused } from "../refused.ts";

/** One commit, one position, the list of aggregates. */
export const lookupCases: readonly CaseDefinition[] = [
  {
    guarantee: "`last` is the aggregate's last commit with all its events, undefined for none",
    alsoJson: true,
    async check({ store }) {
      assert.equal(await store.last(LedgerEvents, "a"), undefined);
      await appendEach(store, "a", 20);
      const { head } = await append(store, "a", "any", [opened(), deposited(1)]);
      await append(store, "b", "new", [opened()]);
      const last = await store.last(LedgerEvents, "a", { fresh: "leader" });
      assert.deepEqual([last?.family, last?.id, last?.sequence], ["Ledger", "a", head.sequence]);
      assert.deepEqual(
        last?.envelopes.map(({ event }) => event),
        [opened(), deposited(1)],
      );
      assert.deepEqual(last?.head, head);
      assert.equal(await store.last(ParcelEvents, "a"), undefined);
      assert.equal(await store.last(LedgerEvents, "c", { fresh: "leader" }), undefined);
    },
  },
  {
    guarantee: "`last` from the leader is never behind what was acknowledged",
    async check({ store }) {
      let head: Head = noHead;
      for (let n = 0; n < 200; n++) {
        ({ head } = await append(store, "a", head, [deposited(n)]));
        const last = await store.last(LedgerEvents, "a", { fresh: "leader" });
        assert.deepEqual(last?.head, head);
      }
    },
  },
  {
    guarantee: "`at` is the commit at exactly this sequence, with all its events",
    alsoJson: true,
    async check({ store }) {
      const a = await append(store, "a", "new", [opened(), deposited(1)]);
      const p = await sendParcel(store, "p", "new");
      const found = await store.at(LedgerEvents, a.head.sequence);
      assert.deepEqual([found?.id, found?.commitId], ["a", a.commitId]);
      assert.deepEqual(found?.head, a.head);
      const whole = await store.at(LedgerEvents.only("Deposited"), a.head.sequence);
      assert.deepEqual(
        whole?.envelopes.map(({ type }) => type as string),
        ["Opened", "Deposited"],
      );
      assert.equal((await store.at(everything, p.head.sequence))?.family, "Parcel");
    },
  },
  {
    guarantee: "`at` is undefined where there is nothing, or nothing of these families",
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      assert.equal(await store.at(ParcelEvents, head.sequence), undefined);
      assert.equal(await store.at(everything, 0), undefined);
      assert.equal(await store.at(everything, head.sequence + 1), undefined);
      assert.equal(await store.at(everything, Number.MAX_SAFE_INTEGER), undefined);
      for (const sequence of [-1, 1.5, Number.NaN, "1", undefined] as never[]) {
        await refused("invalid-input", `at ${String(sequence)}`, () =>
          store.at(everything, sequence),
        );
      }
    },
  },
  {
    guarantee: "`at` knows at once what was acknowledged",
    async check({ store }) {
      for (let n = 0; n < 200; n++) {
        const { head } = await append(store, `ledger-${n}`, "new", [deposited(n)]);
        assert.deepEqual((await store.at(LedgerEvents, head.sequence))?.head, head);
      }
    },
  },
  {
    guarantee: "`end` is the last sequence of what is selected, 0 for nothing",
    async check({ store }) {
      assert.equal(await store.end(everything), 0);
      const a = (await append(store, "a", "new", [opened()])).head.sequence;
      const b = (await append(store, "b", "new", [opened()])).head.sequence;
      const p = (await sendParcel(store, "p", "new")).head.sequence;
      assert.equal(await store.end(LedgerEvents), b);
      assert.equal(await store.end(LedgerEvents.of("a")), a);
      assert.equal(await store.end([LedgerEvents.of("a"), LedgerEvents.of("b")]), b);
      assert.equal(await store.end(everything), p);
      assert.equal(await store.end([ParcelEvents.of("p"), LedgerEvents.of("a")]), p);
      assert.equal(await store.end(LedgerEvents.of("nobody")), 0);
      assert.equal(await store.end([LedgerEvents.of("nobody"), LedgerEvents.of("b")]), b);
      const empty = (await append(store, "a", "any", [])).head.sequence;
      assert.equal(await store.end(LedgerEvents), empty, "commits without events count");
    },
  },
  {
    guarantee: "`end` is never behind what was acknowledged",
    async check({ store }) {
      for (let n = 0; n < 200; n++) {
        const { head } = await append(store, `ledger-${n % 7}`, "any", [deposited(n)]);
        assert.equal(await store.end(LedgerEvents), head.sequence);
      }
    },
  },
  {
    guarantee: "`ids` names every aggregate of the family once",
    async check({ store }) {
      assert.deepEqual(await gather(store.ids(LedgerEvents)), []);
      const ids = Array.from({ length: 300 }, (_, n) => `ledger-${n}`);
      await Promise.all(ids.map((id) => append(store, id, "new", [opened()])));
      await append(store, "ledger-7", "any", [deposited(1)]);
      await append(store, "empty", "new", []);
      await sendParcel(store, "parcel", "new");
      const read = await gather(store.ids(LedgerEvents, { fresh: "leader" }));
      assert.deepEqual(read.sort(), [...ids, "empty"].sort());
      assert.deepEqual(await gather(store.ids(ParcelEvents, { fresh: "leader" })), ["parcel"]);
      assert.equal((await gatherFirst(store.ids(LedgerEvents), 5)).length, 5);
    },
  },
];
