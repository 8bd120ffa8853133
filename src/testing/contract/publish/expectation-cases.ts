import assert from "node:assert/strict";
import { type ConflictError, type Expectation, noHead } from "../../../event/index.ts";
import { append, appendEach, endOf, sendParcel } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, opened } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";

/** What a writer may expect of an aggregate, and what happens when it is not so. */
export const expectationCases: readonly CaseDefinition[] = [
  {
    guarantee: '0, noHead and "new" all mean that there is no commit yet',
    async check({ store }) {
      for (const [id, expect] of Object.entries({ a: "new", b: 0, c: noHead } as const)) {
        const { head } = await append(store, id, expect, [opened()]);
        assert.equal(head.revision, 1, `expecting ${JSON.stringify(expect)}`);
        const error = await conflict(store, id, expect);
        assert.deepEqual([error.expected, error.actual], [0, head.sequence]);
      }
    },
  },
  {
    guarantee: "a bare sequence does what the head does",
    alsoJson: true,
    async check({ store }) {
      const byHead = await appendEach(store, "a", 4);
      const bySequence = await appendEach(store, "b", 3);
      await append(store, "c", "new", [opened()]);
      const expect = bySequence.at(-1)!.head.sequence;
      const { head } = await append(store, "b", expect, [deposited(4)]);
      assert.equal(head.revision, byHead.at(-1)!.head.revision);
      assert.deepEqual(head.links, [head.sequence, ...bySequence.at(-1)!.head.links]);
      assert.equal((await append(store, "b", head, [deposited(5)])).head.revision, 5);
      assert.equal((await gather(store.replay(LedgerEvents.of("b")))).length, 5);
    },
  },
  {
    guarantee: '"any" appends whatever the aggregate is',
    async check({ store }) {
      const first = await append(store, "a", "any", [opened()]);
      const second = await append(store, "a", "any", [deposited(1)]);
      assert.deepEqual(second.head.links, [second.head.sequence, first.head.sequence]);
      assert.equal(second.head.revision, 2);
      const third = await append(store, "a", second.head, [deposited(2)]);
      assert.equal(third.head.revision, 3);
    },
  },
  {
    guarantee: "a head may be kept as JSON and come back",
    async check({ store }) {
      const { head } = (await appendEach(store, "a", 3)).at(-1)!;
      const back = JSON.parse(JSON.stringify(head)) as typeof head;
      assert.equal((await append(store, "a", back, [deposited(4)])).head.revision, 4);
    },
  },
  {
    guarantee: "nothing is appended where no revision is left for what comes after it",
    async check({ store }) {
      const { head } = (await appendEach(store, "a", 3)).at(-1)!;
      for (const revision of [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 2]) {
        await refused("corrupt", `revision ${revision}`, () =>
          append(store, "a", { ...head, revision }, [deposited(1), deposited(2)]),
        );
      }
      assert.equal(await endOf(store), head.sequence);
    },
  },
  {
    guarantee: "a conflict names the aggregate, what was expected and what is there",
    alsoJson: true,
    async check({ store }) {
      const [first, second] = await appendEach(store, "a", 2);
      for (const expect of [first!.head, first!.head.sequence]) {
        const error = await conflict(store, "a", expect);
        assert.deepEqual([error.family, error.id], ["Ledger", "a"]);
        assert.equal(error.expected, first!.head.sequence);
        assert.equal(error.actual, second!.head.sequence);
      }
    },
  },
  {
    guarantee: "nothing is appended on a head or sequence that the aggregate has not reached",
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      const other = (await appendEach(store, "b", 3)).at(-1)!.head;
      for (const expect of [other.sequence + 5, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
        const error = await conflict(store, "a", expect);
        assert.deepEqual([error.expected, error.actual], [expect, head.sequence]);
      }
      const error = await conflict(store, "unheard-of", other.sequence + 5);
      assert.deepEqual([error.expected, error.actual], [other.sequence + 5, 0]);
    },
  },
  {
    guarantee: "another aggregate's head or sequence is never this one's",
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      const others = [
        (await append(store, "b", "new", [opened()])).head,
        (await sendParcel(store, "a", "new")).head,
      ];
      for (const other of others) {
        for (const expect of [other, other.sequence]) {
          const error = await conflict(store, "a", expect);
          assert.deepEqual([error.id, error.actual], ["a", head.sequence]);
        }
        const error = await conflict(store, "c", other);
        assert.deepEqual([error.id, error.actual], ["c", 0]);
      }
    },
  },
];

/** Try to append on what does not hold, and see that nothing came of it. */
async function conflict(
  store: CaseContext["store"],
  id: string,
  expect: Expectation,
): Promise<ConflictError> {
  const before = await endOf(store);
  const error = await refused("conflict", `expecting ${JSON.stringify(expect)} of ${id}`, () =>
    append(store, id, expect, [deposited(1)]),
  );
  assert.equal(await endOf(store), before, "nothing was stored");
  return error;
}
