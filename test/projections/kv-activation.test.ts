import { expect, test } from "vitest";
import { type Bucket, type Checkpoint, kvCheckpoints } from "jetfold";
import { MemoryStore } from "jetfold/memory";

/** One version takes over while the other saves: exactly when it has been looked at. */
async function race(saved: number): Promise<{ readonly kind: string; readonly old: unknown }> {
  await using store = await MemoryStore.open({ name: "store", onWarning: () => undefined });
  const step = (sequence: number) => ({
    checkpoint: (): Checkpoint => ({ storeId: store.storeId, sequence, selects: [] }),
  });
  const owner = { store: store.name, name: "list" };
  const old = await kvCheckpoints(store).resume({ ...owner, version: 1 });
  await old.activate(step(1));
  const bucket = store.projections;
  let raced = false;
  const projections: Bucket = {
    ...bucket,
    async put(key, value, expected) {
      if (key === "checkpoint.list.1" && !raced) {
        raced = true;
        await old.write(step(saved));
      }
      return bucket.put(key, value, expected);
    },
  };
  const checkpoints = kvCheckpoints({ name: store.name, projections });
  const young = await checkpoints.resume({ ...owner, version: 2 });
  const { kind } = await young.activate(step(2));
  expect(raced).toBe(true);
  return { kind, old: await old.write(step(3)).catch((error: unknown) => error) };
}

test("a version takes over although the one before saves at that moment", async () => {
  const { kind, old } = await race(2);
  expect(kind).toBe("active");
  expect(String(old)).toContain("version 2");
});

test("it does not when that save is beyond its own position", async () => {
  const { kind, old } = await race(3);
  expect(kind).toBe("behind");
  expect(old).toBeUndefined();
});
