import { type Bucket, BucketConflictError, type BucketEntry } from "../event/index.ts";
import { type Batches, checkKey, checkSequence, flatten, same } from "../event/backend/index.ts";
import type { MemoryLog } from "./memory-log.ts";

/** A bucket of a memory store. */
export function memoryBucket(log: MemoryLog, name: string): Bucket {
  let entries = log.buckets.get(name);
  if (entries === undefined) log.buckets.set(name, (entries = new Map<string, BucketEntry>()));
  const held = entries;
  return {
    async get(key) {
      const entry = held.get(checkKey(key));
      return entry && { value: new Uint8Array(entry.value), revision: entry.revision };
    },
    async put(key, value, expected) {
      const actual = held.get(checkKey(key))?.revision ?? 0;
      if (expected !== undefined) checkSequence("expected", expected);
      if (expected !== undefined && expected !== actual) {
        throw new BucketConflictError(name, key, expected, actual);
      }
      const revision = log.nextRevision();
      held.set(key, { value: new Uint8Array(value), revision });
      return revision;
    },
    async remove(key) {
      held.delete(checkKey(key));
    },
    keys() {
      return flatten(keysOf(held), same);
    },
  };
}

async function* keysOf(entries: ReadonlyMap<string, unknown>): Batches<string> {
  yield [...entries.keys()];
}
