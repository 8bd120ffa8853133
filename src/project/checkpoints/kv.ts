import {
  ConflictError,
  type Bucket,
  type EventStore,
  msgpackCodec,
  newId,
  PoisonError,
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
import { checkpointFrom } from "./checkpoint-record.ts";

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
    resume: (owner) => resume(bucket, owner),
    activeVersion: async (owner) => (await readActive(bucket, owner.name))?.version,
    async forget(owner, work) {
      await work?.(undefined);
      for (const { key } of await parkedOf(bucket, owner)) await bucket.remove(key);
      await bucket.remove(checkpointKey(owner));
      const active = await readActive(bucket, owner.name);
      if (active?.version === owner.version) await bucket.remove(activeKey(owner.name));
    },
  };
}

async function resume(bucket: Bucket, owner: CheckpointOwner): Promise<ResumedCheckpoint> {
  const own = new KvCheckpoint(bucket, checkpointKey(owner));
  const at = await own.load();
  const parked = (await parkedOf(bucket, owner)).map((entry) => entry.parked);
  const write = async ({ work, checkpoint, park = [], release }: Step): Promise<void> => {
    await work?.(undefined);
    // Nobody but the one whose checkpoint this is sets anything aside.
    if (park.length > 0 && own.saved !== undefined) await own.save(own.saved);
    for (const one of park) {
      await bucket.put(parkedKey(owner, one), msgpackCodec.encode({ ...one }, ""));
    }
    if (release !== undefined) await bucket.remove(parkedKey(owner, release));
    await own.save(checkpoint());
  };
  return {
    at,
    parked,
    active: (await readActive(bucket, owner.name))?.version,
    write,
    async activate({ work, checkpoint }): Promise<Activation> {
      const active = await readActive(bucket, owner.name);
      let effects: number | undefined;
      if (active !== undefined && active.version !== owner.version) {
        const old = new KvCheckpoint(bucket, checkpointKey({ ...owner, version: active.version }));
        const before = await old.load();
        if (before !== undefined && before.sequence > checkpoint().sequence) {
          return { kind: "behind", sequence: before.sequence };
        }
        // Saved once more by another runner, it is no longer the old version's to change.
        if (before !== undefined) await old.save(before);
        effects = before && (before.effects ?? before.sequence);
      }
      await work?.(undefined);
      await own.save({ ...checkpoint(), ...(effects !== undefined && { effects }) });
      const value = msgpackCodec.encode({ version: owner.version }, "");
      await bucket.put(activeKey(owner.name), value, active?.revision ?? 0);
      return { kind: "active", effects };
    },
  };
}

/** One key, changed only as this runner knows it. */
class KvCheckpoint {
  readonly #bucket: Bucket;
  readonly #key: string;
  // Tells this runner's saves from another's: one may be stored although its answer was lost.
  readonly #runner = newId();
  #revision = 0;
  #saved: Checkpoint | undefined;

  constructor(bucket: Bucket, key: string) {
    this.#bucket = bucket;
    this.#key = key;
  }

  /** As it was loaded or saved here last. */
  get saved(): Checkpoint | undefined {
    return this.#saved;
  }

  async load(): Promise<Checkpoint | undefined> {
    const entry = await this.#bucket.get(this.#key, { fresh: "leader" });
    this.#revision = entry?.revision ?? 0;
    this.#saved = entry && checkpointFrom(decoded(entry.value, this.#key), this.#key);
    return this.#saved;
  }

  /** @throws {@link ConflictError} when another runner has saved it since */
  async save(checkpoint: Checkpoint): Promise<void> {
    const value = msgpackCodec.encode({ ...checkpoint, runner: this.#runner }, "");
    try {
      this.#revision = await this.#bucket.put(this.#key, value, this.#revision);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      const stored = await this.#bucket.get(this.#key, { fresh: "leader" });
      if (stored === undefined || runnerOf(stored.value) !== this.#runner) throw error;
      this.#revision = await this.#bucket.put(this.#key, value, stored.revision);
    }
    this.#saved = checkpoint;
  }
}

function runnerOf(bytes: Uint8Array): string | undefined {
  return (msgpackCodec.decode(bytes, "") as { readonly runner?: string }).runner;
}

async function readActive(
  bucket: Bucket,
  name: string,
): Promise<{ readonly version: number; readonly revision: number } | undefined> {
  const key = activeKey(name);
  const entry = await bucket.get(key, { fresh: "leader" });
  if (entry === undefined) return undefined;
  const { version } = (decoded(entry.value, key) ?? {}) as { readonly version?: unknown };
  if (typeof version === "number") return { version, revision: entry.revision };
  throw new PoisonError({ sequence: 0, subject: key }, "an unreadable version");
}

async function parkedOf(
  bucket: Bucket,
  { name, version }: CheckpointOwner,
): Promise<{ readonly key: string; readonly parked: ParkedCommit }[]> {
  const prefix = `parked.${name}.${version}.`;
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

function decoded(bytes: Uint8Array, key: string): unknown {
  try {
    return msgpackCodec.decode(bytes, "");
  } catch (cause) {
    throw new PoisonError({ sequence: 0, subject: key }, "an unreadable entry", { cause });
  }
}

function checkpointKey({ name, version }: CheckpointOwner): string {
  return `checkpoint.${name}.${version}`;
}

function activeKey(name: string): string {
  return `active.${name}`;
}

function parkedKey({ name, version }: CheckpointOwner, { family, id }: ParkedCommit): string {
  return `parked.${name}.${version}.${family}.${id}`;
}
