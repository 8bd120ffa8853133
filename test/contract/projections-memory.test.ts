import { describe, test } from "vitest";
import { MemoryLog, MemoryStore } from "jetfold/memory";
import { type ProjectedStore, suitesElsewhere } from "./suites-elsewhere.ts";

/** What each open store reads and writes, by its name: stores of one name share it. */
const logs = new Map<string, MemoryLog>();

const store: ProjectedStore = {
  open({ name = `store-${logs.size}`, onWarning = () => undefined, ...options } = {}) {
    const log = logs.get(name) ?? new MemoryLog();
    logs.set(name, log);
    return MemoryStore.open({ ...options, name, onWarning, log });
  },
  putForeign: async ({ name }, family, id, bytes) => void logs.get(name)!.put(family, id, bytes),
};

describe.each(Object.entries(suitesElsewhere(store)))("%s", (_, cases) => {
  for (const { name, run, timeoutMs } of cases) test(name, () => run(), timeoutMs);
});
