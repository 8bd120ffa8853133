import { describe, test } from "vitest";
import { kvCheckpoints, memoryCheckpoints } from "jetfold";
import { MemoryLog, MemoryStore } from "jetfold/memory";
import { projectionContract, type ProjectionHarness } from "jetfold/testing";

/** What each open store reads and writes, by its name: stores of one name share it. */
const logs = new Map<string, MemoryLog>();

const store: Pick<ProjectionHarness, "open" | "putForeign"> = {
  open({ name = `store-${logs.size}`, onWarning = () => undefined, ...options } = {}) {
    const log = logs.get(name) ?? new MemoryLog();
    logs.set(name, log);
    return MemoryStore.open({ ...options, name, onWarning, log });
  },
  putForeign: async ({ name }, family, id, bytes) => void logs.get(name)!.put(family, id, bytes),
};

const elsewhere = { transactional: "the read model is elsewhere" };
const suites = {
  memoryCheckpoints: projectionContract({
    ...store,
    readSide: () => ({ checkpoints: memoryCheckpoints }),
    missing: { ...elsewhere, durable: "they end with the process" },
  }),
  kvCheckpoints: projectionContract({
    ...store,
    readSide: () => ({ checkpoints: kvCheckpoints }),
    missing: elsewhere,
  }),
};

describe.each(Object.entries(suites))("%s", (_, cases) => {
  for (const { name, run, timeoutMs } of cases) test(name, () => run(), timeoutMs);
});
