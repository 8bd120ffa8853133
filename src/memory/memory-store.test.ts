import { expect, test } from "vitest";
import { LedgerEvents } from "../testing/contract/contract-events.ts";
import { heldBy, prepareCalls } from "../testing/contract/lifecycle/signal-cases.ts";
import { MemoryStore } from "./memory-store.ts";

test("nothing grows with the number of calls, of 100,000", async () => {
  const store = await MemoryStore.open();
  await prepareCalls(store);
  const before = heldBy(store.signal);
  const { signal } = new AbortController();
  for (let count = 0; count < 100_000; count += 4) {
    for await (const _ of store.ids(LedgerEvents, { signal })) break;
    for await (const _ of store.replay(LedgerEvents.of("a"), { signal })) break;
    for await (const _ of store.subscribe(LedgerEvents.of("a"), { signal })) break;
    await store.last(LedgerEvents, "a", { signal });
  }
  expect([heldBy(store.signal), heldBy(signal)]).toEqual([before, 0]);
  await store.close();
});
