import assert from "node:assert/strict";
import type { Expectation } from "../../../event/index.ts";
import { append, appendEach, endOf, sendParcel } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, opened } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused, thrownBy } from "../refused.ts";
import { within } from "../within.ts";

/** The same logical commit, sent again. */
export const retryCases: readonly CaseDefinition[] = [
  {
    guarantee: "the same commit sent again under its commit id is stored once",
    alsoJson: true,
    async check({ store }) {
      const send = (expect: Expectation) =>
        append(store, "a", expect, [opened(), deposited(1)], { commitId: "x" });
      const first = await send("new");
      for (const expect of ["new", 0, "any", first.head, first.head.sequence] as const) {
        const again = await send(expect);
        assert.deepEqual(again, { ...first, repeated: true }, JSON.stringify(expect));
      }
      assert.equal((await gather(store.replay(LedgerEvents).commits())).length, 1);
      assert.equal(await endOf(store), first.head.sequence);
    },
  },
  {
    guarantee: "a commit is recognised as stored by each kind of expectation",
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      for (const [id, expect] of Object.entries({
        h: head,
        s: head.sequence,
        any: "any",
      } as const)) {
        const start = await store.last(LedgerEvents, "a");
        const expected = expect === "any" ? expect : id === "h" ? start!.head : start!.sequence;
        const send = () => append(store, "a", expected, [deposited(1)], { commitId: id });
        const first = await send();
        assert.deepEqual(await send(), { ...first, repeated: true }, `expecting ${id}`);
        assert.equal(await endOf(store), first.head.sequence);
      }
    },
  },
  {
    guarantee: "one's own commit is recognised after foreign ones came behind it",
    alsoJson: true,
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      const send = () => append(store, "a", head, [deposited(7)], { commitId: "mine" });
      const mine = await send();
      await appendEach(store, "a", 3, mine.head);
      assert.deepEqual(await send(), { ...mine, repeated: true });
      assert.equal((await gather(store.replay(LedgerEvents.of("a")))).length, 5);
    },
  },
  {
    guarantee: "one's own commit is recognised however many foreign ones came behind it",
    async check({ store }) {
      const send = () => append(store, "a", "new", [opened()], { commitId: "mine" });
      const mine = await send();
      await appendEach(store, "a", 60, mine.head);
      assert.deepEqual(await send(), { ...mine, repeated: true });
      assert.equal((await gather(store.replay(LedgerEvents.of("a")))).length, 61);
    },
  },
  {
    guarantee: "a commit without events is recognised too",
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      const first = await append(store, "a", head, [], { commitId: "guard" });
      const again = await append(store, "a", head, [], { commitId: "guard" });
      assert.deepEqual(again, { ...first, repeated: true });
    },
  },
  {
    guarantee: "a commit id is never used for another commit",
    alsoJson: true,
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()], { commitId: "x" });
      const options = { commitId: "x" };
      for (const expect of ["new", head, "any"] as const) {
        const error = await refused("commit-id-reused", "other events under the id", () =>
          append(store, "a", expect, [opened("Grace")], options),
        );
        assert.equal(error.commitId, "x");
      }
      const metadata = { actor: "Grace" };
      const other = { family: LedgerEvents, id: "a", events: [opened()], metadata };
      await refused("commit-id-reused", "other metadata under the id", () =>
        store.publish({ ...other, expect: "new" }, options),
      );
      assert.equal(await endOf(store), head.sequence, "nothing was stored");
    },
  },
  {
    guarantee: "two aggregates may have commits of the same id",
    async check({ store }) {
      const options = { commitId: "x" };
      const a = await append(store, "a", "new", [opened()], options);
      const b = await append(store, "b", "new", [opened()], options);
      assert.equal(b.repeated, false);
      assert.ok(b.head.sequence > a.head.sequence);
      assert.equal((await gather(store.replay(LedgerEvents).commits())).length, 2);
      await sendParcel(store, "a", "new");
    },
  },
  {
    guarantee: "a conflict stays a conflict under an id that was never stored",
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      const attempt = () => append(store, "a", "new", [deposited(1)], { commitId: "mine" });
      await refused("conflict", "a first attempt that came late", attempt);
      const error = await refused("conflict", "the same again", attempt);
      assert.equal(error.actual, head.sequence);
      const stored = await append(store, "a", head, [deposited(1)], { commitId: "mine" });
      assert.equal(stored.repeated, false, "an id whose attempts all failed is still free");
    },
  },
  {
    guarantee: "the same commit sent many times at once is stored once",
    async check({ store }) {
      const send = () => append(store, "a", "new", [opened()], { commitId: "x" });
      const all = await within(Promise.all(Array.from({ length: 8 }, send)), "sending at once");
      const sequences = new Set(all.map(({ head }) => head.sequence));
      assert.equal(sequences.size, 1, "all were answered with the one stored");
      assert.ok(all.filter(({ repeated }) => !repeated).length <= 1);
      assert.equal((await gather(store.replay(LedgerEvents).commits())).length, 1);
    },
  },
  {
    guarantee: "an aborted publish throws the reason, and may be sent again",
    async check({ store }) {
      const reason = new Error("enough");
      const options = { commitId: "x", signal: AbortSignal.abort(reason) };
      const thrown = await thrownBy("publishing with an aborted signal", () =>
        append(store, "a", "new", [opened()], options),
      );
      assert.equal(thrown, reason);
      await append(store, "a", "new", [opened()], { commitId: "x" });
      assert.equal((await gather(store.replay(LedgerEvents).commits())).length, 1);
    },
  },
  {
    guarantee: "a commit that was cut off since is stored, or unknown, and never stored again",
    async check({ store }) {
      for (const [id, later] of Object.entries({ near: 3, far: 40 })) {
        const first = await append(store, id, "new", [opened()]);
        const mine = await append(store, id, first.head, [deposited(1)], { commitId: "mine" });
        const expect = (await appendEach(store, id, later, mine.head)).at(-1)!.head;
        const base = { reducerVersion: 1, state: {} };
        const based = await store.publish({ family: LedgerEvents, id, expect, events: [], base });
        await store.truncate(LedgerEvents, id, based.head.sequence);
        const last = await endOf(store);
        const again = append(store, id, based.head, [deposited(1)], {
          commitId: "mine",
          budgetMs: 2_000,
        });
        // The base names the commits just before it, and so proves that they were there.
        if (id === "near") assert.equal((await again).repeated, true);
        else await refused("unknown-outcome", "what is nowhere named", () => again);
        assert.equal(await endOf(store), last, "nothing was stored");
      }
    },
  },
];
