import {
  type Bucket,
  type EventStore,
  isJetfoldError,
  msgpackCodec,
  SecondRunnerError,
  type Sequence,
} from "../../event/index.ts";
import { isParkedCommit, type ParkedCommit } from "../parking/parked.ts";
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
import { orUnreadable, unreadable } from "./unreadable.ts";
import { checkStore } from "../../event/kinds.ts";

/**
 * Checkpoints in the store's own bucket, each change conditional on the one before: they survive a
 * restart, and a second process that runs the same projection is noticed. For read models that
 * survive a restart too; a commit may be handled again after a crash (at least once).
 */
export function kvCheckpoints(store: Pick<EventStore, "name" | "projections">): Checkpoints {
  checkStore(store, "projections");
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
      for await (const key of keysUnder(bucket, keys.parked(owner.version))) {
        await bucket.remove(key);
      }
      await bucket.remove(keys.checkpoint(owner.version));
      const active = await orUnreadable(readActive(bucket, keys));
      const own = active === "unreadable" || active?.version === owner.version;
      if (own) await bucket.remove(keys.active);
    },
  };
}

async function resume(bucket: Bucket, owner: CheckpointOwner): Promise<ResumedCheckpoint> {
  const keys = new KvKeys(owner.name);
  const own = new KvCheckpoint(bucket, owner, keys);
  const at = await own.load();
  const parked = await parkedOf(bucket, keys.parked(owner.version));
  const active = (await readActive(bucket, keys))?.version;
  const runner: Runner = { bucket, owner, keys, own, worked: undefined };
  return {
    at,
    parked,
    active,
    write: (step) => write(runner, step),
    activate: (step) => activate(runner, step),
  };
}

/** Who has taken a checkpoint up. */
interface Runner {
  readonly bucket: Bucket;
  readonly owner: CheckpointOwner;
  readonly keys: KvKeys;
  readonly own: KvCheckpoint;
  /** The step whose work is done, if nothing behind it is known to be. */
  worked: Step | undefined;
}

/** What is done here stays done, so it is not done again where what comes behind it has failed. */
async function doWork(runner: Runner, step: Step): Promise<void> {
  if (runner.worked !== step) await step.work?.(undefined);
  runner.worked = step;
}

async function write(runner: Runner, step: Step): Promise<void> {
  const { own } = runner;
  const { checkpoint, park = [], release = [] } = step;
  await doWork(runner, step);
  // Nobody but the one whose checkpoint this is sets anything aside.
  if (park.length > 0 && own.saved !== undefined) await own.save(own.saved);
  await setAside(runner, { park });
  await own.save(checkpoint());
  // An entry that the checkpoint counts would be missing otherwise.
  await setAside(runner, { release });
}

async function setAside(
  { bucket, owner: { version }, keys }: Runner,
  { park = [], release = [] }: Pick<Step, "park" | "release">,
): Promise<void> {
  for (const one of park) {
    await bucket.put(keys.parkedAt(version, one), msgpackCodec.encode({ ...one }, ""));
  }
  for (const one of release) await bucket.remove(keys.parkedAt(version, one));
}

async function activate(runner: Runner, step: Step): Promise<Activation> {
  const { bucket, owner, keys, own } = runner;
  const { version } = owner;
  const active = await readActive(bucket, keys);
  if (active?.version === version) {
    await own.save(step.checkpoint());
    return { kind: "active" };
  }
  if (active !== undefined) {
    const { sequence } = step.checkpoint();
    const old = new KvCheckpoint(bucket, { ...owner, version: active.version }, keys);
    const before = await replace(old, version, sequence);
    if (before !== undefined && before.sequence > sequence) {
      return { kind: "behind", sequence: before.sequence };
    }
    const parked = await parkedOf(bucket, keys.parked(active.version));
    const { version: was } = active;
    const park = await step.takeOn?.({ version: was, checkpoint: before, parked });
    await setAside(runner, park === undefined ? {} : { park });
  } else await step.takeOn?.(undefined);
  await doWork(runner, step);
  await setAside(runner, step);
  await own.save(step.checkpoint());
  await recordActive(runner, step, active?.revision ?? 0);
  return { kind: "active" };
}

/**
 * Record this version as the active one. What said which one is may have been lost since it was read.
 * @throws {@link SecondRunnerError} when another version has been made the active one meanwhile
 */
async function recordActive(runner: Runner, step: Step, revision: number): Promise<void> {
  const { bucket, owner, keys } = runner;
  const { name, version } = owner;
  const value = msgpackCodec.encode({ version }, "");
  try {
    await bucket.put(keys.active, value, revision);
  } catch (cause) {
    if (!isJetfoldError(cause, "bucket-conflict")) throw cause;
    if (revision === 0 || (await readActive(bucket, keys)) !== undefined) {
      throw new SecondRunnerError(name, version, { cause });
    }
    await step.takeOn?.(undefined);
    await bucket.put(keys.active, value, 0);
  }
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
      if (!isJetfoldError(error, "second-runner") || conflicts === mostConflicts) throw error;
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
  throw unreadable(key, "version");
}

async function parkedOf(bucket: Bucket, prefix: string): Promise<ParkedCommit[]> {
  const all: ParkedCommit[] = [];
  for await (const key of keysUnder(bucket, prefix)) {
    const entry = await bucket.get(key, { fresh: "leader" });
    if (entry === undefined) continue;
    const parked = decoded(entry.value, key);
    if (!isParkedCommit(parked)) throw unreadable(key, "parked commit");
    all.push(parked);
  }
  return all;
}

async function* keysUnder(bucket: Bucket, prefix: string): AsyncGenerator<string> {
  for await (const key of bucket.keys()) if (key.startsWith(prefix)) yield key;
}
