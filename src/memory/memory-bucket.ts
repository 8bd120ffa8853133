import { type Bucket, type BucketEntry, ConflictError } from "../event/index.ts";
import { checkKey } from "../event/backend/index.ts";
import type { MemoryLog } from "./memory-log.ts";

/** A bucket of a memory store. */
export function memoryBucket(log: MemoryLog, name: string): Bucket {
  let entries = log.buckets.get(name);
  if (entries === undefined) log.buckets.set(name, (entries = new Map<string, BucketEntry>()));
  const held = entries;
  return {
    get: async (key) => held.get(checkKey(key)),
    async put(key, value, expected) {
      const actual = held.get(checkKey(key))?.revision ?? 0;
      if (expected !== undefined && expected !== actual) {
        throw new ConflictError({ family: name, id: key }, expected, actual);
      }
      const revision = log.nextRevision();
      held.set(key, { value: value.slice(), revision });
      return revision;
    },
    async remove(key) {
      held.delete(checkKey(key));
    },
    async *keys() {
      yield* [...held.keys()];
    },
  };
}
