import assert from "node:assert/strict";
import { append, appendEach, endOf, sendParcel } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, opened } from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { listen } from "../listen.ts";
import { refused } from "../refused.ts";

/** Opening a store, again and beside others. */
export const openCases: readonly CaseDefinition[] = [
  {
    guarantee: "a new store is empty and has a name and an id",
    async check({ store }) {
      assert.match(store.name, /^[A-Za-z0-9_-]{1,128}$/);
      assert.ok(store.storeId.length >= 16, "an id that is long enough to be unique");
      assert.equal(await endOf(store), 0);
      assert.deepEqual(await gather(store.replay(everything)), []);
    },
  },
  {
    guarantee: "two stores have different ids and nothing in common",
    async check({ store, open }) {
      const other = await open();
      assert.notEqual(other.storeId, store.storeId);
      await append(store, "a", "new", [opened()]);
      assert.equal(await endOf(other), 0);
      assert.equal((await append(other, "a", "new", [opened()])).head.revision, 1);
      assert.equal((await gather(store.replay(everything))).length, 1);
    },
  },
  {
    guarantee: "a store that is opened again is the same, with all it held",
    needs: ["reopen"],
    alsoJson: true,
    async check({ store, open }) {
      const { head } = (await appendEach(store, "a", 20)).at(-1)!;
      await store.close();
      const again = await open({ name: store.name });
      assert.deepEqual([again.name, again.storeId], [store.name, store.storeId]);
      const read = await gather(again.replay(LedgerEvents.of("a")));
      assert.equal(read.length, 20);
      assert.deepEqual((await again.last(LedgerEvents, "a", { fresh: "leader" }))?.head, head);
      assert.equal((await append(again, "a", head, [deposited(21)])).head.revision, 21);
    },
  },
  {
    guarantee: "a commit is recognised by a store that is opened again",
    needs: ["reopen"],
    async check({ store, open }) {
      const options = { commitId: "x" };
      const first = await append(store, "a", "new", [opened()], options);
      await store.close();
      const again = await open({ name: store.name });
      const second = await append(again, "a", "new", [opened()], options);
      assert.deepEqual(second, { ...first, repeated: true });
      await refused("commit-id-reused", "another commit under the id", () =>
        append(again, "a", "new", [opened("Grace")], options),
      );
    },
  },
  {
    guarantee: "two handles of one store see each other's commits, live too",
    needs: ["reopen"],
    async check({ store, open }) {
      const other = await open({ name: store.name });
      assert.equal(other.storeId, store.storeId);
      const listener = listen((signal) => other.subscribe(everything, { signal }));
      const a = await append(store, "a", "new", [opened()]);
      const b = await append(other, "a", a.head, [deposited(1)]);
      const p = await sendParcel(store, "p", "new");
      await listener.until((items) => items.length === 3, "events of both");
      const sequences = [a, b, p].map(({ head }) => head.sequence);
      assert.deepEqual(sequencesOf(listener.items), sequences);
      await listener.stop();
      await other.close();
      assert.equal((await append(store, "a", b.head, [deposited(2)])).head.revision, 3);
    },
  },
];
