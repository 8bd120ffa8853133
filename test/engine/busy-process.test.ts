import { execute, read, UnavailableError } from "jetfold";
import { expect, test } from "vitest";
import { Counter, CounterEvents } from "../faults/counter.ts";
import { fill } from "../faults/fill.ts";
import { Site, storeName } from "../faults/site.ts";
import { within } from "../faults/until.ts";

/** Keep this process's only thread busy, so that every timer is late, until told to stop. */
function keepBusy(burstMs: number): { stop(): void } {
  let busy = true;
  const burst = (): void => {
    const end = performance.now() + burstMs;
    while (performance.now() < end);
    if (busy) setImmediate(burst);
  };
  setImmediate(burst);
  return { stop: () => void (busy = false) };
}

test("deadlines hold in a process that is always busy, and its answers are not taken for late", async () => {
  await using site = await Site.start(1);
  const { store } = await site.client(storeName());
  await fill(store, [{ family: CounterEvents, id: "a" }], 40);
  const work = keepBusy(50);
  try {
    for (let step = 41; step <= 60; step++) {
      store.roots.delete("Counter.a");
      const root = await execute(store, Counter, "a", { by: "a", step }, { budgetMs: 2_000 });
      expect(root.state.count).toBe(step);
    }
    await site.server.pause();
    const reading = store.last(CounterEvents, "a", { fresh: "leader", timeoutMs: 1_000 });
    await expect(within("the deadline", reading, 8_000)).rejects.toThrow(UnavailableError);
  } finally {
    work.stop();
    site.server.resume();
  }
  expect((await read(store, Counter, "a", { fresh: "leader" })).state.count).toBe(60);
});
