import {
  type Bucket,
  isJetfoldError,
  msgpackCodec,
  newId,
  SecondRunnerError,
  SupersededError,
} from "../../event/index.ts";
import type { Checkpoint, CheckpointOwner } from "./checkpoint.ts";
import { checkpointFrom } from "./checkpoint-record.ts";
import type { KvKeys } from "./kv-keys.ts";
import { unreadable } from "./unreadable.ts";

/** One key, changed only as this runner knows it. */
export class KvCheckpoint {
  readonly #bucket: Bucket;
  readonly #owner: CheckpointOwner;
  readonly #key: string;
  // Tells this runner's saves from another's: one may be stored although its answer was lost.
  readonly #runner = newId();
  #revision = 0;
  #saved: Checkpoint | undefined;

  constructor(bucket: Bucket, owner: CheckpointOwner, keys: KvKeys) {
    this.#bucket = bucket;
    this.#owner = owner;
    this.#key = keys.checkpoint(owner.version);
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

  /**
   * @param supersededBy - the version that takes over from the one whose checkpoint this is
   * @throws {@link SecondRunnerError} when another runner has saved it since
   * @throws {@link SupersededError} when that was a newer version taking over
   */
  async save(checkpoint: Checkpoint, supersededBy?: number): Promise<void> {
    const signed = { ...checkpoint, runner: this.#runner, ...(supersededBy && { supersededBy }) };
    const value = msgpackCodec.encode(signed, "");
    try {
      this.#revision = await this.#bucket.put(this.#key, value, this.#revision);
    } catch (error) {
      if (!isJetfoldError(error, "bucket-conflict")) throw error;
      const stored = await this.#bucket.get(this.#key, { fresh: "leader" });
      this.#assertMine(stored && signatureOf(decoded(stored.value, this.#key)), error);
      this.#revision = await this.#bucket.put(this.#key, value, stored!.revision);
    }
    this.#saved = checkpoint;
  }

  #assertMine(signature: Signature | undefined, conflict: Error): void {
    if (signature?.runner === this.#runner) return;
    const { name, version } = this.#owner;
    const by = signature?.supersededBy;
    if (by !== undefined) throw new SupersededError(name, version, by);
    throw new SecondRunnerError(name, version, { cause: conflict });
  }
}

/** Who has saved a checkpoint, and what for. */
interface Signature {
  readonly runner?: string;
  readonly supersededBy?: number;
}

function signatureOf(stored: unknown): Signature {
  return stored as Signature;
}

/** @throws {@link PoisonError} when it is no MessagePack */
export function decoded(bytes: Uint8Array, key: string): unknown {
  try {
    return msgpackCodec.decode(bytes, "");
  } catch (cause) {
    throw unreadable(key, "entry", { cause });
  }
}
