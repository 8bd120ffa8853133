import { execute, find, read } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Counter, CounterEvents } from "../faults/counter.ts";
import { fill } from "../faults/fill.ts";
import { subscriptionsOf } from "../faults/follower.ts";
import { Site, storeName } from "../faults/site.ts";
import { until, within } from "../faults/until.ts";
import { holdingsOf } from "./holdings.ts";

const loads = 10_000;
const aggregates = 400;

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** How many commits an aggregate has: 1 to 18, some 40. */
function commitsOf(i: number): number {
  return i % 40 === 0 ? 40 : 1 + ((i * 7) % 18);
}

test(`${loads} loads at once on one connection are all right, and leave nothing behind`, async () => {
  const name = storeName();
  const writer = await site.client(name);
  await Promise.all(
    Array.from({ length: aggregates }, (_, i) =>
      fill(writer.store, [{ family: CounterEvents, id: `c-${i}` }], commitsOf(i)),
    ),
  );
  const connection = await site.connect();
  const before = subscriptionsOf(connection);
  const store = await NatsStore.open(connection, {
    name,
    cachedRoots: 0,
    onWarning: () => undefined,
  });
  const holdings = holdingsOf({ connection, store }, writer.connection);
  const roots = await within(
    "the loads",
    Promise.all(
      Array.from({ length: loads }, (_, i) =>
        read(store, Counter, `c-${i % aggregates}`, i % 3 === 0 ? { fresh: "leader" } : {}),
      ),
    ),
    40_000,
  );
  for (const [i, { id, state, head }] of roots.entries()) {
    const count = commitsOf(i % aggregates);
    expect({ id, state, revision: head.revision }).toEqual({
      id: `c-${i % aggregates}`,
      state: { count, last: `c-${i % aggregates}:${count}` },
      revision: count,
    });
  }
  const nobody = Array.from({ length: 1_000 }, (_, i) => find(store, Counter, `nobody-${i}`));
  expect(new Set(await within("loads of nobody", Promise.all(nobody)))).toEqual(
    new Set([undefined]),
  );
  await holdings.restored();
  await store.close();
  await until("no subscription to be left", () => subscriptionsOf(connection) === before, 5_000);
});

test("commands, loads and replays at once do not starve one another", async () => {
  const client = await site.client(storeName());
  const { store } = client;
  const holdings = holdingsOf(client, await site.connect());
  const ids = Array.from({ length: 50 }, (_, i) => `c-${i}`);
  const all = ids.flatMap((id) => [
    ...Array.from({ length: 10 }, (_, step) => () => execute(store, Counter, id, { by: id, step })),
    ...Array.from({ length: 40 }, () => () => find(store, Counter, id, { fresh: "leader" })),
    async () => {
      for await (const { event } of store.replay(CounterEvents)) expect(event.type).toBe("Counted");
    },
  ]);
  await within("all of them", Promise.all(all.map((start) => start())), 40_000);
  for (const id of ids) {
    expect((await read(store, Counter, id, { fresh: "leader" })).state.count).toBe(10);
  }
  await holdings.restored();
});
