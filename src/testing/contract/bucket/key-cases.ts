import assert from "node:assert/strict";
import type { CaseDefinition } from "../contract-case.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";
import { eventually } from "../within.ts";
import { assertHas, bytes, inBoth } from "./bucket-check.ts";

/** Keys, and whose they are. */
export const keyCases: readonly CaseDefinition[] = [
  {
    guarantee: "keys names every key once, and ends",
    check: inBoth(async (bucket) => {
      assert.deepEqual(await gather(bucket.keys()), []);
      const keys = Array.from({ length: 300 }, (_, n) => `Ledger.id-${n}.${n % 3}`);
      await Promise.all(keys.map((key) => bucket.put(key, bytes(1))));
      await bucket.put(keys[0]!, bytes(2));
      await bucket.remove(keys[1]!);
      const expected = keys.filter((_, n) => n !== 1).sort();
      await eventually(async () => {
        assert.deepEqual((await gather(bucket.keys())).sort(), expected);
      });
      for await (const key of bucket.keys()) {
        assert.ok(expected.includes(key));
        break;
      }
    }),
  },
  {
    guarantee: "keys are tokens joined by dots, and all others are refused",
    check: inBoth(async (bucket) => {
      const bad = [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "*",
        ">",
        "a.*",
        "a b",
        "a\u0000",
        "ä",
        "a/b",
        7,
        null,
      ];
      for (const key of bad as string[]) {
        const attempts = [
          () => bucket.get(key),
          () => bucket.put(key, bytes(1)),
          () => bucket.remove(key),
        ];
        for (const attempt of attempts) {
          await refused("invalid-input", `the key ${JSON.stringify(key)}`, attempt);
        }
      }
      for (const key of ["A-Z_09", "a.b.c.d", "-", "_._"]) {
        const revision = await bucket.put(key, bytes(1));
        await assertHas(bucket, key, bytes(1), revision);
      }
    }),
  },
  {
    guarantee: "the two buckets of a store are separate, and so are those of two stores",
    async check({ store, open }) {
      await store.snapshots.put("key", bytes(1));
      const other = await open();
      assert.equal(await store.projections.get("key"), undefined);
      assert.equal(await other.snapshots.get("key"), undefined);
      assert.equal(await other.projections.get("key"), undefined);
      assert.deepEqual(await gather(other.snapshots.keys()), []);
    },
  },
  {
    guarantee: "what is in the buckets is there when the store is opened again",
    needs: ["reopen"],
    async check({ store, open }) {
      const revision = await store.snapshots.put("key", bytes(1));
      await store.projections.put("key", bytes(2), 0);
      await store.close();
      const again = await open({ name: store.name });
      await assertHas(again.snapshots, "key", bytes(1), revision);
      await refused("bucket-conflict", "creating it again", () =>
        again.projections.put("key", bytes(3), 0),
      );
    },
  },
];
