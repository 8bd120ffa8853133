import assert from "node:assert/strict";
import type { Bucket, BucketEntry } from "../../../event/index.ts";
import type { CaseContext } from "../contract-case.ts";
import { eventually } from "../within.ts";

/** A value of these bytes. */
export function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** Prove it for each bucket. */
export function inBoth(
  check: (bucket: Bucket) => Promise<void>,
): (context: CaseContext) => Promise<void> {
  return async ({ store }) => {
    await check(store.snapshots);
    await check(store.projections);
  };
}

/** The leader tells at once what was put; a replica may tell it late. */
export async function assertHas(
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
