import assert from "node:assert/strict";
import type { NewCommit } from "../../../event/index.ts";
import { append, appendEach, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, opened } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";
import { within } from "../within.ts";
import { base } from "../truncate/rebase.ts";
import { part } from "./deposit-part.ts";

const commitId = "move";

/** The same transaction, sent again. */
export const retryCases: readonly CaseDefinition[] = [
  {
    guarantee: "the same transaction sent again under its commit id is stored once",
    alsoJson: true,
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      const send = () => store.transact([part("a", head), part("b", "new")], { commitId });
      const first = await within(send(), "a transaction");
      const again = await within(send(), "the same transaction");
      assert.deepEqual(
        again,
        first.map((one) => ({ ...one, repeated: true })),
      );
      assert.equal((await gather(store.replay(LedgerEvents).commits())).length, 3);
      assert.equal(await endOf(store), first[1]!.head.sequence);
    },
  },
  {
    guarantee: "one's own transaction is recognised after foreign commits came behind it",
    async check({ store }) {
      const send = () => store.transact([part("a", "new"), part("b", "new")], { commitId });
      const first = await within(send(), "a transaction");
      await appendEach(store, "a", 20, first[0]!.head);
      await appendEach(store, "b", 1, first[1]!.head);
      const again = await within(send(), "the same transaction");
      assert.deepEqual(
        again,
        first.map((one) => ({ ...one, repeated: true })),
      );
      assert.equal((await gather(store.replay(LedgerEvents).commits())).length, 23);
    },
  },
  {
    guarantee: 'a transaction that expects "any" is recognised too',
    async check({ store }) {
      const send = () => store.transact([part("a", "any"), part("b", "any")], { commitId });
      const first = await within(send(), "a transaction");
      const again = await within(send(), "the same transaction");
      assert.deepEqual(
        again,
        first.map((one) => ({ ...one, repeated: true })),
      );
      assert.equal((await gather(store.replay(LedgerEvents).commits())).length, 2);
    },
  },
  {
    guarantee:
      "retryOf finds a transaction that an earlier attempt stored, whatever is decided now",
    async check({ store }) {
      const first = await store.transact([part("a", "new"), part("b", "new")], { commitId });
      const other = { family: LedgerEvents, events: [deposited(9)] };
      const again = await within(
        store.transact(
          [
            { ...other, id: "a", expect: first[0]!.head },
            { ...other, id: "b", expect: first[1]!.head },
          ],
          { commitId, retryOf: 0 },
        ),
        "another attempt",
      );
      assert.deepEqual(
        again,
        first.map((one) => ({ ...one, repeated: true })),
      );
      assert.equal(await endOf(store), first[1]!.head.sequence, "nothing was stored");
    },
  },
  {
    guarantee: "a transaction's commit id is never used for another one",
    async check({ store }) {
      const commits = [part("a", "new"), part("b", "new")];
      const first = await store.transact(commits, { commitId });
      const others: [string, NewCommit[]][] = [
        ["other events", [part("a", "new"), { ...part("b", "new"), events: [deposited(2)] }]],
        ["another aggregate", [part("a", "new"), part("c", "new")]],
        ["one part more", [...commits, part("c", "new")]],
        ["one part less", [part("b", "new")]],
      ];
      for (const [what, transaction] of others) {
        const error = await refused("commit-id-reused", `${what} under the id`, () =>
          store.transact(transaction, { commitId }),
        );
        assert.equal(error.commitId, commitId);
        assert.equal(await endOf(store), first[1]!.head.sequence, "nothing was stored");
      }
    },
  },
  {
    guarantee: "a transaction is recognised of which any part was cut off since",
    async check({ store }) {
      const ids = ["a", "b", "c"];
      const commits = ids.map((id) => part(id, "new"));
      const first = await store.transact(commits, { commitId });
      for (const [i, id] of ids.entries()) {
        const based = await store.publish({
          family: LedgerEvents,
          id,
          expect: first[i]!.head,
          events: [],
          base,
        });
        await store.truncate(LedgerEvents, id, based.head.sequence);
        const last = await endOf(store);
        // One that is left proves the others; of none left nothing can be said for certain.
        const again = store.transact(commits, { commitId, budgetMs: 2_000 });
        if (i < ids.length - 1) {
          const told = await within(again, `the same after "${id}" was cut`);
          assert.deepEqual(
            told.map(({ repeated }) => repeated),
            [true, true, true],
          );
          assert.equal(told[i]!.head.sequence, based.head.sequence, "the head that is left");
        } else {
          await refused("unknown-outcome", "the same after all were cut", () => again);
        }
        assert.equal(await endOf(store), last, "nothing was stored");
      }
    },
  },
];
