import assert from "node:assert/strict";
import type { CaseDefinition } from "../contract-case.ts";
import { gather } from "../gather.ts";
import { eventually } from "../within.ts";
import { assertHas, bytes, inBoth } from "./bucket-check.ts";

/** Values that are put, got and removed; each guarantee holds for both buckets of a store. */
export const entryCases: readonly CaseDefinition[] = [
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
];
