import assert from "node:assert/strict";
import { append, appendEach, sequencesOfPublished } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import {
  deposited,
  everything,
  LedgerEvents,
  opened,
  ParcelEvents,
  sent,
} from "../contract-events.ts";
import { gather } from "../gather.ts";
import { within } from "../within.ts";

/** Commits of several aggregates, stored together. */
export const transactionCases: readonly CaseDefinition[] = [
  {
    guarantee: "the parts are stored side by side in the order given, and say so",
    alsoJson: true,
    async check({ store }) {
      await append(store, "z", "new", [opened()]);
      const published = await store.transact([
        { family: LedgerEvents, id: "b", expect: "new", events: [opened(), deposited(1)] },
        { family: ParcelEvents, id: "a", expect: "new", events: [sent()] },
        { family: LedgerEvents, id: "a", expect: "new", events: [deposited(2)] },
      ]);
      const sequences = sequencesOfPublished(published);
      const [first] = sequences as [number];
      assert.deepEqual(sequences, [first, first + 1, first + 2]);
      const commits = await gather(store.replay(everything, { after: first - 1 }).commits());
      assert.deepEqual(
        commits.map(({ family, id, frame }) => [family, id, frame.part, frame.parts]),
        [
          ["Ledger", "b", 1, 3],
          ["Parcel", "a", 2, 3],
          ["Ledger", "a", 3, 3],
        ],
      );
      commits.forEach(({ transactionEnd, head }, index) => {
        assert.equal(transactionEnd, first + 2);
        assert.deepEqual(published[index]?.head, head);
      });
    },
  },
  {
    guarantee: "each part has an expectation of its own, of any kind",
    async check({ store }) {
      const a = await append(store, "a", "new", [opened()]);
      const b = (await appendEach(store, "b", 2)).at(-1)!;
      await appendEach(store, "c", 3);
      const published = await store.transact([
        { family: LedgerEvents, id: "a", expect: a.head, events: [deposited(1)] },
        { family: LedgerEvents, id: "b", expect: b.head.sequence, events: [deposited(1)] },
        { family: LedgerEvents, id: "c", expect: "any", events: [deposited(1)] },
        { family: LedgerEvents, id: "d", expect: "new", events: [opened()] },
      ]);
      assert.deepEqual(
        published.map(({ head }) => head.revision),
        [2, 3, 4, 1],
      );
      for (const [index, id] of ["a", "b", "c", "d"].entries()) {
        const { head } = published[index]!;
        assert.deepEqual((await store.last(LedgerEvents, id, { fresh: "leader" }))?.head, head);
        await append(store, id, head, [deposited(9)]);
      }
    },
  },
  {
    guarantee: "all parts carry the commit id, and every part its own metadata",
    alsoJson: true,
    async check({ store }) {
      const published = await store.transact(
        [
          ...[{ family: LedgerEvents, id: "a", expect: "new", events: [opened()] } as const],
          {
            family: ParcelEvents,
            id: "a",
            expect: "new",
            events: [sent()],
            metadata: { actor: "Grace" },
          },
        ],
        { commitId: "move" },
      );
      assert.deepEqual(
        published.map(({ commitId, repeated }) => [commitId, repeated]),
        [
          ["move", false],
          ["move", false],
        ],
      );
      const commits = await gather(store.replay(everything).commits());
      assert.deepEqual(
        commits.map(({ commitId, metadata }) => [commitId, metadata.actor]),
        [
          ["move", undefined],
          ["move", "Grace"],
        ],
      );
    },
  },
  {
    guarantee: "a part without events guards its aggregate",
    async check({ store }) {
      const guarded = await append(store, "a", "new", [opened()]);
      const [, guard] = await store.transact([
        { family: LedgerEvents, id: "b", expect: "new", events: [opened()] },
        { family: LedgerEvents, id: "a", expect: guarded.head, events: [] },
      ]);
      assert.ok(guard!.head.sequence > guarded.head.sequence);
      assert.equal(guard!.head.revision, 1);
      assert.equal((await append(store, "a", guard!.head, [deposited(1)])).head.revision, 2);
    },
  },
  {
    guarantee: "a transaction of one commit is that commit",
    async check({ store }) {
      const commit = { family: LedgerEvents, id: "a", expect: "new", events: [opened()] } as const;
      const [published, ...others] = await store.transact([commit]);
      assert.equal(others.length, 0);
      const last = await store.last(LedgerEvents, "a", { fresh: "leader" });
      assert.deepEqual(last?.head, published?.head);
      assert.deepEqual([last?.frame.part, last?.frame.parts], [1, 1]);
      assert.equal(last?.transactionEnd, last?.sequence);
    },
  },
  {
    guarantee: "a hundred aggregates fit in a transaction",
    async check({ store }) {
      const commits = Array.from({ length: 100 }, (_, n) => {
        const events = [opened(`owner ${n}`)];
        return { family: LedgerEvents, id: `ledger-${n}`, expect: "new", events } as const;
      });
      const published = await within(store.transact(commits), "a transaction of 100");
      const first = published[0]!.head.sequence;
      assert.deepEqual(
        sequencesOfPublished(published),
        commits.map((_, n) => first + n),
      );
      const read = await gather(store.replay(LedgerEvents));
      assert.deepEqual(
        read.map(({ id }) => id),
        commits.map(({ id }) => id),
      );
    },
  },
];
