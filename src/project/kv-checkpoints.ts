import {
  ConflictError,
  type EventStore,
  msgpackCodec,
  newId,
  PoisonError,
} from "../event/index.ts";
import type { Checkpoint, CheckpointOwner, Checkpoints } from "./checkpoint.ts";

/**
 * Checkpoints in the store's own bucket, each change conditional on the one before: they survive a
 * restart, and a second process that runs the same projection is noticed. For read models that
 * survive a restart too; an event may be handled again after a crash (at least once).
 */
export function kvCheckpoints(store: Pick<EventStore, "name" | "projections">): Checkpoints {
  const bucket = store.projections;
  return {
    durable: true,
    async resume(owner) {
      const key = checkpointKey(owner);
      const entry = await bucket.get(key, { fresh: "leader" });
      // Tells this runner's saves from another's: one may be stored although its answer was lost.
      const runner = newId();
      let revision = entry?.revision ?? 0;
      return {
        at: entry && decode(entry.value, `${store.name} ${key}`),
        async save(checkpoint) {
          const value = msgpackCodec.encode({ ...checkpoint, runner }, "");
          try {
            revision = await bucket.put(key, value, revision);
          } catch (error) {
            if (!(error instanceof ConflictError)) throw error;
            const stored = await bucket.get(key, { fresh: "leader" });
            if (stored === undefined || runnerOf(stored.value) !== runner) throw error;
            revision = await bucket.put(key, value, stored.revision);
          }
        },
      };
    },
  };
}

/** Which runner saved a checkpoint. */
interface Runner {
  readonly runner?: string;
}

function runnerOf(bytes: Uint8Array): string | undefined {
  return (msgpackCodec.decode(bytes, "") as Runner).runner;
}

/** Where a projection's checkpoint is in the bucket. */
export function checkpointKey({ name, version }: CheckpointOwner): string {
  return `checkpoint.${name}.${version}`;
}

function decode(bytes: Uint8Array, subject: string): Checkpoint {
  try {
    const { runner: _, ...checkpoint } = msgpackCodec.decode(bytes, "") as Checkpoint & Runner;
    const sound = Number.isSafeInteger(checkpoint.sequence) && Array.isArray(checkpoint.selects);
    if (sound) return checkpoint;
  } catch (cause) {
    throw new PoisonError({ sequence: 0, subject }, "an unreadable checkpoint", { cause });
  }
  throw new PoisonError({ sequence: 0, subject }, "an unreadable checkpoint");
}
