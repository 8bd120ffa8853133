import assert from "node:assert/strict";
import type { CaseDefinition } from "../contract-case.ts";
import { assertRefusal, refused } from "../refused.ts";
import { within } from "../within.ts";
import { inBoth } from "./bucket-check.ts";

const value = Uint8Array.of(1);
const other = Uint8Array.of(2);
const fresh = { fresh: "leader" } as const;

/** Puts with a condition. */
export const conditionCases: readonly CaseDefinition[] = [
  {
    guarantee: "expecting 0 puts only where nothing is",
    check: inBoth(async (bucket) => {
      const revision = await bucket.put("key", value, 0);
      const error = await refused("bucket-conflict", "creating what exists", () =>
        bucket.put("key", other, 0),
      );
      assert.deepEqual([error.key, error.expected, error.actual], ["key", 0, revision]);
      assert.notEqual(error.bucket, "");
      assert.equal((await bucket.get("key", fresh))?.revision, revision);
      await bucket.remove("key");
      assert.ok((await bucket.put("key", other, 0)) > revision, "a removed key may be made again");
    }),
  },
  {
    guarantee: "expecting a revision puts only where it is still that one",
    check: inBoth(async (bucket) => {
      const first = await bucket.put("key", value);
      const second = await bucket.put("key", other, first);
      for (const expected of [first, second + 100]) {
        const error = await refused("bucket-conflict", `expecting ${expected}`, () =>
          bucket.put("key", value, expected),
        );
        assert.deepEqual([error.key, error.expected, error.actual], ["key", expected, second]);
      }
      const entry = await bucket.get("key", fresh);
      assert.deepEqual([entry?.revision, entry?.value[0]], [second, 2]);
      assert.ok((await bucket.put("key", value, second)) > second);
    }),
  },
  {
    guarantee: "a key that is not there has none of the revisions it had",
    check: inBoth(async (bucket) => {
      await refused("bucket-conflict", "updating nothing", () => bucket.put("nothing", value, 7));
      const revision = await bucket.put("key", value);
      await bucket.remove("key");
      await refused("bucket-conflict", "updating what was removed", () =>
        bucket.put("key", other, revision),
      );
      assert.equal(await bucket.get("key", fresh), undefined);
    }),
  },
  {
    guarantee: "another key's revision is not this one's",
    check: inBoth(async (bucket) => {
      await bucket.put("a", value);
      const b = await bucket.put("b", value);
      await refused("bucket-conflict", "expecting the other's revision", () =>
        bucket.put("a", other, b),
      );
    }),
  },
  {
    guarantee: "an expectation that is no revision is refused",
    check: inBoth(async (bucket) => {
      await bucket.put("key", value);
      for (const expected of [Number.NaN, -1, 1.5, "1", 1n, null] as never[]) {
        await refused("invalid-input", `expecting ${String(expected)}`, () =>
          bucket.put("key", other, expected),
        );
      }
      assert.equal((await bucket.get("key", fresh))?.value[0], 1);
    }),
  },
  {
    guarantee: "of many that put on one expectation exactly one wins",
    check: inBoth(async (bucket) => {
      let expected = 0;
      for (let round = 0; round < 5; round++) {
        const outcomes = await within(
          Promise.allSettled(
            Array.from({ length: 16 }, (_, n) => bucket.put("key", Uint8Array.of(n), expected)),
          ),
          "putting at once",
        );
        const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
        const losers = outcomes.filter((outcome) => outcome.status === "rejected");
        assert.equal(losers.length, 15);
        for (const { reason } of losers) {
          assertRefusal(["bucket-conflict"], "a loser", reason);
        }
        expected = (outcomes[winner] as PromiseFulfilledResult<number>).value;
        const entry = await bucket.get("key", fresh);
        assert.deepEqual([entry?.revision, entry?.value[0]], [expected, winner]);
      }
    }),
  },
];
