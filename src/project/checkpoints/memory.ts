import { SecondRunnerError, SupersededError } from "../../event/index.ts";
import { keyOf } from "../aggregate-key.ts";
import type { ParkedCommit } from "../parking/parked.ts";
import type {
  Activation,
  Checkpoint,
  CheckpointOwner,
  Checkpoints,
  ResumedCheckpoint,
  Step,
} from "./checkpoint.ts";

/**
 * Checkpoints that live as long as this object: for read models that live in memory too, and are
 * built anew when the process starts.
 */
export function memoryCheckpoints(): Checkpoints {
  const memory: Memory = { versions: new Map(), active: new Map() };
  return {
    durable: false,
    transactional: false,
    async resume(owner) {
      return new MemoryCheckpoint(memory, owner);
    },
    async activeVersion(owner) {
      return memory.active.get(nameKey(owner));
    },
    async forget(owner, work) {
      await work?.(undefined);
      memory.versions.delete(versionKey(owner));
      if (memory.active.get(nameKey(owner)) === owner.version) memory.active.delete(nameKey(owner));
    },
  };
}

/** What one `memoryCheckpoints` holds. */
interface Memory {
  readonly versions: Map<string, Held>;
  /** By store and name. */
  readonly active: Map<string, number>;
}

/** A version's checkpoint, and who may change it. */
interface Held {
  at: Checkpoint | undefined;
  readonly parked: Map<string, ParkedCommit>;
  runner: MemoryCheckpoint | undefined;
  /** The version that has taken over, or is about to. */
  supersededBy: number | undefined;
}

function newHeld(): Held {
  return { at: undefined, parked: new Map(), runner: undefined, supersededBy: undefined };
}

class MemoryCheckpoint implements ResumedCheckpoint {
  readonly at: Checkpoint | undefined;
  readonly parked: readonly ParkedCommit[];
  readonly active: number | undefined;
  readonly #memory: Memory;
  readonly #owner: CheckpointOwner;
  readonly #held: Held;

  /** The newest runner is the one that may go on. */
  constructor(memory: Memory, owner: CheckpointOwner) {
    const key = versionKey(owner);
    const held = memory.versions.get(key) ?? newHeld();
    memory.versions.set(key, held);
    held.runner = this;
    held.supersededBy = undefined;
    this.at = held.at;
    this.parked = [...held.parked.values()];
    this.active = memory.active.get(nameKey(owner));
    this.#memory = memory;
    this.#owner = owner;
    this.#held = held;
  }

  async write(step: Step): Promise<void> {
    this.#assertMine();
    await step.work?.(undefined);
    this.#assertMine();
    this.#take(step);
  }

  async activate(step: Step): Promise<Activation> {
    this.#assertMine();
    const active = this.#memory.active.get(nameKey(this.#owner));
    if (active === this.#owner.version) {
      this.#take({ checkpoint: step.checkpoint });
      return { kind: "active" };
    }
    const old = this.#replaced();
    if (old?.at !== undefined && old.at.sequence > step.checkpoint().sequence) {
      return { kind: "behind", sequence: old.at.sequence };
    }
    if (old !== undefined) old.supersededBy = this.#owner.version;
    try {
      await step.work?.(undefined);
    } catch (error) {
      if (old !== undefined) old.supersededBy = undefined;
      throw error;
    }
    const before = old?.at && {
      version: active!,
      checkpoint: old.at,
      parked: [...old.parked.values()],
    };
    const park = step.takeOn === undefined ? step.park : await step.takeOn(before);
    this.#take({ ...step, ...(park && { park }) });
    this.#memory.active.set(nameKey(this.#owner), this.#owner.version);
    return { kind: "active" };
  }

  /** The version that is active now, if it is another. */
  #replaced(): Held | undefined {
    const owner = this.#owner;
    const version = this.#memory.active.get(nameKey(owner));
    if (version === undefined || version === owner.version) return undefined;
    return this.#memory.versions.get(versionKey({ ...owner, version }));
  }

  #take({ checkpoint, park = [], release = [] }: Step): void {
    const held = this.#held;
    for (const one of park) held.parked.set(keyOf(one), one);
    for (const one of release) held.parked.delete(keyOf(one));
    held.at = checkpoint();
  }

  #assertMine(): void {
    const { name, version } = this.#owner;
    const { supersededBy } = this.#held;
    if (supersededBy !== undefined) throw new SupersededError(name, version, supersededBy);
    const key = versionKey(this.#owner);
    if (this.#memory.versions.get(key) === this.#held && this.#held.runner === this) return;
    throw new SecondRunnerError(name, version);
  }
}

function nameKey({ store, name }: Omit<CheckpointOwner, "version">): string {
  return `${store}.${name}`;
}

function versionKey(owner: CheckpointOwner): string {
  return `${nameKey(owner)}.${owner.version}`;
}
