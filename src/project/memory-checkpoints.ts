import type { Checkpoint, Checkpoints } from "./checkpoint.ts";

/**
 * Checkpoints that live as long as this object: for read models that live in memory too, and are
 * built anew when the process starts.
 */
export function memoryCheckpoints(): Checkpoints {
  const held = new Map<string, Checkpoint>();
  return {
    durable: false,
    async resume({ name, version }) {
      const key = `${name}.${version}`;
      return {
        at: held.get(key),
        async save(checkpoint) {
          held.set(key, checkpoint);
        },
      };
    },
  };
}
