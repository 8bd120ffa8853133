import { expect, test } from "vitest";
import { LedgerEvents } from "../testing/contract/contract-events.ts";
import { heldBy } from "../testing/contract/lifecycle/signal-cases.ts";
import { MemoryStore } from "./memory-store.ts";

test("nothing grows with the number of calls, of 100,000", { timeout: 120_000 }, async () => {
  const store = await MemoryStore.open();
  const before = heldBy(store.signal);
  const { signal } = new AbortController();
  const nobody = LedgerEvents.of("nobody");
  for (let count = 0; count < 100_000; count++) {
    for await (const _ of store.replay(nobody, { signal })) break;
  }
  expect([heldBy(store.signal), heldBy(signal)]).toEqual([before, 0]);
  await store.close();
});
