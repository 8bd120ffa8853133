import { ConflictError } from "../../event/index.ts";
import { keyOf, type ParkedCommit } from "../parking/parked.ts";
import type { Activation, Checkpoint, CheckpointOwner, Checkpoints, Step } from "./checkpoint.ts";

/**
 * Checkpoints that live as long as this object: for read models that live in memory too, and are
 * built anew when the process starts.
 */
export function memoryCheckpoints(): Checkpoints {
  const versions = new Map<string, Held>();
  const active = new Map<string, number>();
  return {
    durable: false,
    transactional: false,
    async resume(owner) {
      const key = versionKey(owner);
      const held = versions.get(key) ?? { at: undefined, parked: new Map(), runner: undefined };
      versions.set(key, held);
      // The newest runner is the one that may go on.
      const runner = Symbol(owner.name);
      held.runner = runner;
      const assertMine = (): void => {
        if (versions.get(key) === held && held.runner === runner) return;
        const at = held.at?.sequence ?? 0;
        const detail = "another observe of the projection, or a newer version, has taken over";
        throw new ConflictError({ family: "checkpoint", id: key }, at, at, detail);
      };
      return {
        at: held.at,
        parked: [...held.parked.values()],
        active: active.get(nameKey(owner)),
        async write(step) {
          assertMine();
          await step.work?.(undefined);
          assertMine();
          take(held, step);
        },
        async activate(step): Promise<Activation> {
          assertMine();
          const before = active.get(nameKey(owner));
          const old =
            before === undefined
              ? undefined
              : versions.get(versionKey({ ...owner, version: before }));
          if (old?.at !== undefined && before !== owner.version) {
            if (old.at.sequence > step.checkpoint().sequence) {
              return { kind: "behind", sequence: old.at.sequence };
            }
            old.runner = undefined;
          }
          await step.work?.(undefined);
          const effects = old?.at && (old.at.effects ?? old.at.sequence);
          take(held, step);
          if (effects !== undefined) held.at = { ...held.at!, effects };
          active.set(nameKey(owner), owner.version);
          return { kind: "active", effects };
        },
      };
    },
    async activeVersion(owner) {
      return active.get(nameKey(owner));
    },
    async forget(owner, work) {
      await work?.(undefined);
      versions.delete(versionKey(owner));
      if (active.get(nameKey(owner)) === owner.version) active.delete(nameKey(owner));
    },
  };
}

interface Held {
  at: Checkpoint | undefined;
  readonly parked: Map<string, ParkedCommit>;
  runner: symbol | undefined;
}

function take(held: Held, { checkpoint, park = [], release }: Step): void {
  for (const one of park) held.parked.set(keyOf(one), one);
  if (release !== undefined) held.parked.delete(keyOf(release));
  held.at = checkpoint();
}

function nameKey({ store, name }: Omit<CheckpointOwner, "version">): string {
  return `${store}.${name}`;
}

function versionKey(owner: CheckpointOwner): string {
  return `${nameKey(owner)}.${owner.version}`;
}
