import assert from "node:assert/strict";
import type { Envelope, Selectable } from "../../../event/index.ts";
import { append, appendEach, sendParcel } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { everything, LedgerEvents, noted, ParcelEvents } from "../contract-events.ts";
import { gather, gatherFirst } from "../gather.ts";
import { within } from "../within.ts";

const ledgers = 50;
const commitsEach = 100;
const parcels = 20;

/** More than any page, window or buffer of a backend should hold. */
export const scaleCases: readonly CaseDefinition[] = [
  {
    guarantee: `all of ${ledgers * commitsEach} commits are read, whichever share is selected`,
    async check({ store }) {
      await manyCommits(store);
      const total = ledgers * commitsEach;
      const someLedgers = [0, 7, 49].map((n) => LedgerEvents.of(`ledger-${n}`));
      const selections: [string, Selectable, number][] = [
        ["a family", LedgerEvents, total],
        ["two families", everything, total + parcels],
        ["a small family", ParcelEvents, parcels],
        ["one aggregate", LedgerEvents.of("ledger-7"), commitsEach],
        ["three aggregates", someLedgers, 3 * commitsEach],
        ["a family and an aggregate", [ParcelEvents, someLedgers[0]!], parcels + commitsEach],
        ["a type that all are of", LedgerEvents.only("Deposited"), total],
        ["a type that none is of", LedgerEvents.only("Noted"), 0],
      ];
      for (const [what, selection, count] of selections) {
        const read = await gather(store.replay(selection), what);
        assert.equal(read.length, count, what);
        assertInOrder(read);
      }
    },
  },
  {
    guarantee: "bounds hold far from the beginning",
    async check({ store }) {
      await manyCommits(store);
      for (const selection of [LedgerEvents, ParcelEvents, LedgerEvents.of("ledger-3")]) {
        const whole = await gather(store.replay(selection));
        const half = Math.floor(whole.length / 2);
        const after = whole[half]!.sequence;
        const until = whole.at(-3)!.sequence;
        const read = await gather(store.replay(selection, { after, until }));
        assert.deepEqual(
          read.map(({ sequence }) => sequence),
          whole.slice(half + 1, -2).map(({ sequence }) => sequence),
        );
      }
    },
  },
  {
    guarantee: "one aggregate of 2,000 commits is read whole, from its start and from its middle",
    async check({ store }) {
      const published = await within(appendEach(store, "a", 2000), "2,000 commits", 40_000);
      const whole = await gather(store.replay(LedgerEvents.of("a")));
      assert.deepEqual(
        whole.map(({ revision }) => revision),
        published.map(({ head }) => head.revision),
      );
      const after = published[999]!.head.sequence;
      const half = await gather(store.replay(LedgerEvents.of("a"), { after }));
      assert.deepEqual(
        half.map(({ revision }) => revision),
        published.slice(1000).map(({ head }) => head.revision),
      );
    },
  },
  {
    guarantee: "a large history of large commits is read by a slow reader without a loss",
    async check({ store }) {
      const value = "x".repeat(100_000);
      const count = 200;
      await Promise.all(
        Array.from({ length: count }, (_, n) =>
          append(store, `ledger-${n}`, "new", [noted(value)]),
        ),
      );
      let read = 0;
      const slowly = async (): Promise<void> => {
        for await (const { event } of store.replay(LedgerEvents)) {
          await new Promise(setImmediate);
          if (event.type === "Noted" && event.value === value) read++;
        }
      };
      await within(slowly(), "a slow replay");
      assert.equal(read, count);
    },
  },
  {
    guarantee: "many replays at once do not disturb each other",
    async check({ store }) {
      await Promise.all(["a", "b", "c", "d"].map((id) => appendEach(store, id, 150)));
      const reads = Array.from({ length: 12 }, async (_, n) => {
        const selection = n % 3 === 0 ? LedgerEvents.of("b") : LedgerEvents;
        if (n % 4 === 1) return (await gatherFirst(store.replay(selection), 20)).length === 20;
        const read = await gather(store.replay(selection));
        assertInOrder(read);
        return read.length === (n % 3 === 0 ? 150 : 600);
      });
      const outcomes = await within(Promise.all(reads), "replays at once");
      assert.ok(outcomes.every(Boolean));
    },
  },
];

/** 100 commits of each of 50 ledgers, woven together, and a few parcels among them. */
async function manyCommits(store: CaseContext["store"]): Promise<void> {
  const chains = Array.from({ length: ledgers }, (_, n) =>
    appendEach(store, `ledger-${n}`, commitsEach),
  );
  const others = async (): Promise<void> => {
    for (let n = 0; n < parcels; n++) await sendParcel(store, `parcel-${n}`, "new");
  };
  await within(Promise.all([...chains, others()]), "writing 5,000 commits", 40_000);
}

/** Sequences ascend, and revisions of each aggregate have no hole. */
function assertInOrder(read: readonly Envelope[]): void {
  const revisions = new Map<string, number>();
  let last = 0;
  for (const { family, id, sequence, revision } of read) {
    assert.ok(sequence > last, `${sequence} comes after ${last}`);
    last = sequence;
    const key = `${family}.${id}`;
    assert.equal(revision, (revisions.get(key) ?? 0) + 1, `revision of ${key}`);
    revisions.set(key, revision);
  }
}
