import assert from "node:assert/strict";
import type { InvalidInputError } from "../../../event/index.ts";
import { append, appendEach, endOf, sendParcel, sequencesOfPublished } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, opened, ParcelEvents } from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { refused } from "../refused.ts";

/** What truncation deletes, and what it never does. */
export const cutCases: readonly CaseDefinition[] = [
  {
    guarantee: "the commits below the bound are deleted and counted, the one at it stays",
    alsoJson: true,
    async check({ store }) {
      const sequences = sequencesOfPublished(await appendEach(store, "a", 10));
      assert.equal(await store.truncate(LedgerEvents, "a", sequences[4]!), 4);
      assert.deepEqual(await left(store), sequences.slice(4));
      assert.equal(await store.truncate(LedgerEvents, "a", sequences[4]!), 0, "the same again");
      assert.equal(await store.truncate(LedgerEvents, "a", sequences[5]! - 1), 0);
      assert.equal(await store.truncate(LedgerEvents, "a", 1), 0);
      assert.deepEqual(await left(store), sequences.slice(4));
    },
  },
  {
    guarantee: "the bound need not be one of the aggregate's own commits",
    async check({ store }) {
      const a = await appendEach(store, "a", 3);
      const between = await sendParcel(store, "between");
      const rest = await appendEach(store, "a", 2, a.at(-1)!.head);
      assert.equal(await store.truncate(LedgerEvents, "a", between.head.sequence), 3);
      assert.deepEqual(await left(store), sequencesOfPublished(rest));
    },
  },
  {
    guarantee: "the last commit always stays",
    async check({ store }) {
      const published = await appendEach(store, "a", 5);
      const last = published.at(-1)!;
      assert.equal(await store.truncate(LedgerEvents, "a", last.head.sequence), 4);
      assert.deepEqual(await left(store), [last.head.sequence]);
      assert.deepEqual((await store.last(LedgerEvents, "a", { fresh: "leader" }))?.head, last.head);
      assert.equal(await store.end(LedgerEvents), last.head.sequence);
      assert.deepEqual(await gather(store.ids(LedgerEvents, { fresh: "leader" })), ["a"]);
      assert.equal(await store.truncate(LedgerEvents, "a", last.head.sequence), 0);
    },
  },
  {
    guarantee: "a bound that is 0, beyond the last commit or no sequence is refused",
    async check({ store }) {
      const { head } = (await appendEach(store, "a", 3)).at(-1)!;
      const later = await sendParcel(store, "later");
      const bad = [0, -1, 1.5, Number.NaN, Infinity, "1", 1n, null, undefined];
      for (const before of [...bad, head.sequence + 1, later.head.sequence] as never[]) {
        const error: InvalidInputError = await refused(
          "invalid-input",
          `truncating before ${String(before)}`,
          () => store.truncate(LedgerEvents, "a", before),
        );
        assert.equal(error.field, "before");
      }
      assert.equal((await left(store)).length, 3, "nothing was deleted");
    },
  },
  {
    guarantee: "an aggregate without a commit is not found",
    async check({ store }) {
      await append(store, "a", "new", [opened()]);
      for (const [family, id] of [
        [LedgerEvents, "b"],
        [ParcelEvents, "a"],
      ] as const) {
        const error = await refused("not-found", "truncating nothing", () =>
          store.truncate(family, id, 1),
        );
        assert.deepEqual([error.family, error.id], [family.name, id]);
      }
    },
  },
  {
    guarantee: "no other aggregate loses anything",
    async check({ store }) {
      const ids = ["a", "ab", "b", "A", "-"];
      for (let n = 0; n < 5; n++) {
        for (const id of ids) await append(store, id, "any", [deposited(n)]);
        await sendParcel(store, "a");
      }
      const whole = await gather(store.replay(everything));
      const bound = (await store.end(LedgerEvents.of("a"))) - 1;
      assert.equal(await store.truncate(LedgerEvents, "a", bound), 4);
      for (const id of ["*", ">", "a.b", "", "a*", "?"]) {
        await refused("invalid-input", `truncating ${id}`, () =>
          store.truncate(LedgerEvents, id, bound),
        );
      }
      const isLeft = whole.filter(
        ({ family, id, revision }) => family !== "Ledger" || id !== "a" || revision === 5,
      );
      const read = await gather(store.replay(everything));
      assert.deepEqual(sequencesOf(read), sequencesOf(isLeft));
    },
  },
  {
    guarantee: "writers go on as if nothing had been cut",
    alsoJson: true,
    async check({ store }) {
      const { head } = (await appendEach(store, "a", 5)).at(-1)!;
      await store.truncate(LedgerEvents, "a", head.sequence);
      const error = await refused("conflict", "creating it again", () =>
        append(store, "a", "new", [opened()]),
      );
      assert.equal(error.actual, head.sequence);
      const byHead = await append(store, "a", head, [deposited(6)]);
      const bySequence = await append(store, "a", byHead.head.sequence, [deposited(7)]);
      const byAny = await append(store, "a", "any", [deposited(8)]);
      assert.deepEqual(
        [byHead, bySequence, byAny].map((one) => one.head.revision),
        [6, 7, 8],
      );
      const after = head.sequence;
      const read = await gather(store.replay(LedgerEvents.of("a"), { after }));
      assert.deepEqual(
        read.map(({ revision }) => revision),
        [6, 7, 8],
      );
    },
  },
  {
    guarantee: "sequences are never used again",
    async check({ store }) {
      const published = await appendEach(store, "a", 5);
      const last = published.at(-1)!.head.sequence;
      await store.truncate(LedgerEvents, "a", last);
      const { head } = await append(store, "b", "new", [opened()]);
      assert.ok(head.sequence > last);
      assert.ok((await endOf(store)) === head.sequence);
      assert.equal(await store.at(LedgerEvents, published[0]!.head.sequence), undefined);
    },
  },
];

/** The sequences that are left of the family. */
async function left(store: CaseContext["store"]): Promise<number[]> {
  return sequencesOf(await gather(store.replay(LedgerEvents)));
}
