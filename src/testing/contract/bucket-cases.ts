import assert from "node:assert/strict";
import type { Bucket, BucketEntry } from "../../event/index.ts";
import type { CaseContext, CaseDefinition } from "./contract-case.ts";
import { gather } from "./gather.ts";
import { refused } from "./refused.ts";
import { eventually } from "./within.ts";

/** A bucket's values; each guarantee holds for both buckets of a store. */
export const bucketCases: readonly CaseDefinition[] = [
  {
    guarantee: "a value that is put is got, with the revision that put told",
    check: inBoth(async (bucket) => {
      assert.equal(await bucket.get("key"), undefined);
      const first = await bucket.put("key", bytes(1, 2, 3));
      assert.ok(Number.isSafeInteger(first) && first >= 1);
      await assertHas(bucket, "key", bytes(1, 2, 3), first);
      const second = await bucket.put("key", bytes(4));
      assert.ok(second > first, "revisions grow");
      await assertHas(bucket, "key", bytes(4), second);
    }),
  },
  {
    guarantee: "revisions grow over all keys",
    check: inBoth(async (bucket) => {
      const revisions: number[] = [];
      for (const key of ["a", "b", "a", "c", "b"]) revisions.push(await bucket.put(key, bytes(1)));
      await bucket.remove("a");
      revisions.push(await bucket.put("a", bytes(2)));
      assert.deepEqual(
        revisions,
        [...new Set(revisions)].sort((x, y) => x - y),
      );
    }),
  },
  {
    guarantee: "an empty value is a value",
    check: inBoth(async (bucket) => {
      const revision = await bucket.put("key", bytes());
      await assertHas(bucket, "key", bytes(), revision);
      assert.deepEqual(await gather(bucket.keys()), ["key"]);
    }),
  },
  {
    guarantee: "a large value and any byte come back as they were",
    check: inBoth(async (bucket) => {
      const value = Uint8Array.from({ length: 200_000 }, (_, n) => n % 256);
      const revision = await bucket.put("large", value);
      await assertHas(bucket, "large", value, revision);
    }),
  },
  {
    guarantee: "what is stored does not change with the bytes that were put or got",
    check: inBoth(async (bucket) => {
      const value = bytes(1, 2, 3);
      const revision = await bucket.put("key", value);
      value.fill(9);
      await assertHas(bucket, "key", bytes(1, 2, 3), revision);
      (await bucket.get("key", { fresh: "leader" }))!.value.fill(9);
      await assertHas(bucket, "key", bytes(1, 2, 3), revision);
    }),
  },
  {
    guarantee: "a removed key is gone until it is put again, and removing nothing does nothing",
    check: inBoth(async (bucket) => {
      await bucket.remove("nothing");
      const first = await bucket.put("key", bytes(1));
      await bucket.remove("key");
      assert.equal(await bucket.get("key", { fresh: "leader" }), undefined);
      await eventually(async () => assert.equal(await bucket.get("key"), undefined));
      await bucket.remove("key");
      await eventually(async () => assert.deepEqual(await gather(bucket.keys()), []));
      const again = await bucket.put("key", bytes(2));
      assert.ok(again > first);
      await assertHas(bucket, "key", bytes(2), again);
    }),
  },
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
      await refused("conflict", "creating it again", () =>
        again.projections.put("key", bytes(3), 0),
      );
    },
  },
];

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** Prove it for each bucket. */
function inBoth(check: (bucket: Bucket) => Promise<void>): (context: CaseContext) => Promise<void> {
  return async ({ store }) => {
    await check(store.snapshots);
    await check(store.projections);
  };
}

/** The leader tells at once what was put; a replica may tell it late. */
async function assertHas(
  bucket: Bucket,
  key: string,
  value: Uint8Array,
  revision: number,
): Promise<void> {
  const assertSame = (entry: BucketEntry | undefined): void => {
    assert.equal(entry?.revision, revision);
    assert.deepEqual(Buffer.from(entry.value), Buffer.from(value));
  };
  assertSame(await bucket.get(key, { fresh: "leader" }));
  await eventually(async () => assertSame(await bucket.get(key)));
}
