import {
  type Bucket,
  ConflictError,
  type EventStore,
  msgpackCodec,
  PoisonError,
  type Sequence,
} from "../../event/index.ts";
import { isParkedCommit, type ParkedCommit } from "../parking/parked.ts";
import { effectsTakenOn } from "../versions/effects-taken-on.ts";
import type {
  Activation,
  Checkpoint,
  CheckpointOwner,
  Checkpoints,
  ResumedCheckpoint,
  Step,
} from "./checkpoint.ts";
import { decoded, KvCheckpoint } from "./kv-checkpoint.ts";
import { KvKeys } from "./kv-keys.ts";

/**
 * Checkpoints in the store's own bucket, each change conditional on the one before: they survive a
 * restart, and a second process that runs the same projection is noticed. For read models that
 * survive a restart too; a commit may be handled again after a crash (at least once).
 */
export function kvCheckpoints(store: Pick<EventStore, "name" | "projections">): Checkpoints {
  const bucket = store.projections;
  return {
    durable: true,
    transactional: false,
    home: async (name) => (name === store.name ? undefined : store.name),
    resume: (owner) => resume(bucket, owner),
    activeVersion: async (owner) => (await readActive(bucket, new KvKeys(owner.name)))?.version,
    async forget(owner, work) {
      const keys = new KvKeys(owner.name);
      await work?.(undefined);
      for (const { key } of await parkedOf(bucket, keys.parked(owner.version))) {
        await bucket.remove(key);
      }
      await bucket.remove(keys.checkpoint(owner.version));
      const active = await readActive(bucket, keys);
      if (active?.version === owner.version) await bucket.remove(keys.active);
    },
  };
}

async function resume(bucket: Bucket, owner: CheckpointOwner): Promise<ResumedCheckpoint> {
  const keys = new KvKeys(owner.name);
  const own = new KvCheckpoint(bucket, owner, keys);
  const at = await own.load();
  const parked = (await parkedOf(bucket, keys.parked(owner.version))).map((entry) => entry.parked);
  const active = (await readActive(bucket, keys))?.version;
  return {
    at,
    parked,
    active,
    write: (step) => write(bucket, own, (one) => keys.parkedAt(owner.version, one), step),
    activate: (step) => activate(bucket, own, owner, keys, step),
  };
}

async function write(
  bucket: Bucket,
  own: KvCheckpoint,
  keyOf: (parked: ParkedCommit) => string,
  { work, checkpoint, park = [], release }: Step,
): Promise<void> {
  await work?.(undefined);
  // Nobody but the one whose checkpoint this is sets anything aside.
  if (park.length > 0 && own.saved !== undefined) await own.save(own.saved);
  for (const one of park) await bucket.put(keyOf(one), msgpackCodec.encode({ ...one }, ""));
  if (release !== undefined) await bucket.remove(keyOf(release));
  await own.save(checkpoint());
}

async function activate(
  bucket: Bucket,
  own: KvCheckpoint,
  owner: CheckpointOwner,
  keys: KvKeys,
  step: Step,
): Promise<Activation> {
  const { version } = owner;
  const { work, checkpoint } = step;
  const active = await readActive(bucket, keys);
  let effects: Sequence | undefined;
  if (active !== undefined && active.version !== version) {
    const old = new KvCheckpoint(bucket, { ...owner, version: active.version }, keys);
    const { sequence } = checkpoint();
    const before = await replace(old, version, sequence);
    if (before !== undefined && before.sequence > sequence) {
      return { kind: "behind", sequence: before.sequence };
    }
    effects = effectsTakenOn(step, before);
  }
  await work?.(undefined);
  await own.save({ ...checkpoint(), ...(effects !== undefined && { effects }) });
  await bucket.put(keys.active, msgpackCodec.encode({ version }, ""), active?.revision ?? 0);
  return { kind: "active", effects };
}

/** How often the old version may save just when the new one looks. */
const mostConflicts = 10;

/**
 * Save the old version's checkpoint once more, by another runner: then it is no longer the old
 * version's to change. Not when it is beyond `upTo`.
 * @returns it
 */
async function replace(
  old: KvCheckpoint,
  by: number,
  upTo: Sequence,
): Promise<Checkpoint | undefined> {
  for (let conflicts = 0; ; conflicts++) {
    const before = await old.load();
    if (before === undefined || before.sequence > upTo) return before;
    try {
      await old.save(before, by);
      return before;
    } catch (error) {
      if (!(error instanceof ConflictError) || conflicts === mostConflicts) throw error;
    }
  }
}

async function readActive(
  bucket: Bucket,
  { active: key }: KvKeys,
): Promise<{ readonly version: number; readonly revision: number } | undefined> {
  const entry = await bucket.get(key, { fresh: "leader" });
  if (entry === undefined) return undefined;
  const { version } = (decoded(entry.value, key) ?? {}) as { readonly version?: unknown };
  if (typeof version === "number") return { version, revision: entry.revision };
  throw new PoisonError({ sequence: 0, subject: key }, "an unreadable version");
}

async function parkedOf(
  bucket: Bucket,
  prefix: string,
): Promise<{ readonly key: string; readonly parked: ParkedCommit }[]> {
  const all: { readonly key: string; readonly parked: ParkedCommit }[] = [];
  for await (const key of bucket.keys()) {
    if (!key.startsWith(prefix)) continue;
    const entry = await bucket.get(key, { fresh: "leader" });
    if (entry === undefined) continue;
    const parked = decoded(entry.value, key);
    if (!isParkedCommit(parked)) {
      throw new PoisonError({ sequence: 0, subject: key }, "an unreadable parked commit");
    }
    all.push({ key, parked });
  }
  return all;
}
