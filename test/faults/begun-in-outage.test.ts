import { defineProjection, memoryCheckpoints, observe, type SubscribeOptions } from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { counted, CounterEvents } from "./counter.ts";
import { fill } from "./fill.ts";
import { type Client, Site, storeName } from "./site.ts";
import { until, within } from "./until.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

const publish = ({ store }: Client, step: number) =>
  store.publish({
    family: CounterEvents,
    id: "c",
    expect: "any",
    events: [counted("c", step)],
  });

test.concurrent("a subscription that begins while the server is silent waits for it, and tells", async () => {
  const name = storeName();
  const writer = await site.client(name);
  await fill(writer.store, [{ family: CounterEvents, id: "c" }], 2);
  const { store, proxy } = await site.proxied(name);
  proxy.hold();
  const told: (Error | undefined)[] = [];
  const follow = async (options: SubscribeOptions, last: number): Promise<number[]> => {
    const steps: number[] = [];
    const onOutage = (cause?: Error): void => void told.push(cause);
    for await (const { event } of store.subscribe(CounterEvents, { ...options, onOutage })) {
      steps.push(event.step);
      if (event.step === last) break;
    }
    return steps;
  };
  const reading = [follow({ after: 0 }, 3), follow({ after: "new" }, 3)];
  const all = Promise.all(reading);
  all.catch(() => undefined);
  // Each tells of a question that got no answer, and asks again.
  await until("both to tell of it", () => told.filter(Boolean).length >= 2);
  proxy.release();
  await until("both to go on", () => told.filter((cause) => cause === undefined).length >= 2);
  await publish(writer, 3);
  expect(await within("both", all)).toEqual([[1, 2, 3], [3]]);
});

test.concurrent("a wait for a projection ends within its time, also while the server is silent", async () => {
  const name = storeName();
  const writer = await site.client(name);
  await fill(writer.store, [{ family: CounterEvents, id: "c" }], 2);
  const { store, proxy } = await site.proxied(name);
  const running = observe(
    store,
    defineProjection({ name: "waited", events: CounterEvents, project: () => undefined }),
    { checkpoints: memoryCheckpoints() },
  );
  await running.caughtUp();
  proxy.hold();
  const { head } = await publish(writer, 3);
  const waits = [
    running.reached(head.sequence, { timeoutMs: 500 }),
    running.caughtUp({ timeoutMs: 500 }),
  ];
  // A request alone is asked for 15 s.
  const outcomes = await within("the waits", Promise.allSettled(waits), 8_000);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  proxy.release();
  await running.reached(head.sequence);
  await running.stop();
});
