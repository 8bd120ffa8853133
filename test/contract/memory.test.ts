import { expect, test } from "vitest";
import { MemoryLog, MemoryStore } from "jetfold/memory";
import { skippedCases, storeContract, type StoreHarness } from "jetfold/testing";

/** What each open store reads and writes, by its name: stores of one name share it. */
const logs = new Map<string, MemoryLog>();

function logOf({ name }: { readonly name: string }): MemoryLog {
  return logs.get(name)!;
}

const harness: StoreHarness = {
  maxCommitBytes: 1 << 20,
  open({ name = `store-${logs.size}`, ...options } = {}) {
    const log = logs.get(name) ?? new MemoryLog();
    logs.set(name, log);
    return MemoryStore.open({ ...options, name, log });
  },
  putForeign: async (store, family, id, bytes) => void logOf(store).put(family, id, bytes),
  payloadOf: async (store, sequence) => logOf(store).at(sequence)!.payload,
  readersOf: async (store) => logOf(store).listeners,
};

for (const { name, run, timeoutMs } of storeContract(harness)) test(name, () => run(), timeoutMs);

test("nothing is left out", () => {
  expect(skippedCases(harness)).toEqual([]);
});
