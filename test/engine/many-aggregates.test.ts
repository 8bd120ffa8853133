import { defineProjection, memoryCheckpoints, observe } from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CounterEvents, counted, OtherEvents } from "../faults/counter.ts";
import { fill } from "../faults/fill.ts";
import { Site, storeName } from "../faults/site.ts";
import { until, within } from "../faults/until.ts";

const selected = 10_000;

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

test(`${selected} aggregates, each selected by its id, are fed by one consumer, and cost little to ask for`, async () => {
  const { store } = await site.client(storeName());
  const ids = Array.from({ length: selected }, (_, i) => `c-${i}`);
  await fill(store, [{ family: CounterEvents, id: "c-7" }], 3);
  await fill(store, [{ family: CounterEvents, id: "another" }], 3);
  const asked: string[] = [];
  const tap = await site.connect();
  for (const call of ["CONSUMER.CREATE", "STREAM.MSG.GET", "DIRECT.GET"]) {
    const callback = (): void => void asked.push(call);
    for (const rest of ["", ".>"])
      tap.subscribe(`$JS.API.${call}.${store.name}${rest}`, { callback });
  }
  await tap.flush();
  const handled: string[] = [];
  const running = observe(
    store,
    defineProjection({
      name: "many",
      events: ids.map((id) => CounterEvents.of(id)),
      project: ({ id, event }) => void handled.push(`${id}:${event.step}`),
    }),
    { checkpoints: memoryCheckpoints() },
  );
  await until("live", () => running.state === "live");
  const publishing = ["c-9999", "another", "c-7"].map((id) => {
    const commit = { family: CounterEvents, id, expect: "any", events: [counted("x", 4)] } as const;
    return store.publish(commit);
  });
  const published = await within("what others write", Promise.all(publishing), 10_000);
  await store.publish({ family: OtherEvents, id: "o", expect: "new", events: [counted("y", 1)] });
  const last = Math.max(...published.map(({ head }) => head.sequence));
  await running.reached(last);
  await running.caughtUp();
  expect(await running.lag()).toEqual({ commits: 0, ms: 0 });
  expect(handled.toSorted()).toEqual(["c-7:1", "c-7:2", "c-7:3", "c-7:4", "c-9999:4"]);
  await running.stop();
  await tap.flush();
  expect(asked.filter((call) => call === "CONSUMER.CREATE")).toHaveLength(1);
  expect(asked.length).toBeLessThan(100);
});
