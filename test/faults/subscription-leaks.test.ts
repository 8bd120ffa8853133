import { expect, test } from "vitest";
import { counted, CounterEvents, OtherEvents } from "./counter.ts";
import { fill, several } from "./fill.ts";
import { consumersOf, follow, subscriptionsOf } from "./follower.ts";
import { cycles } from "./long.ts";
import { randomFrom, seedOf } from "./seed.ts";
import { Site, storeName } from "./site.ts";
import { until } from "./until.ts";

const both = [CounterEvents, OtherEvents];

test("subscriptions that end, however they end, leave nothing on server or client", async () => {
  await using site = await Site.start(1);
  const { store, connection } = await site.client(storeName());
  await fill(store, [...several(CounterEvents, 4), ...several(OtherEvents, 2)], 120);
  // The client's own inbox, and the store's, come with their first requests.
  expect(await consumersOf(connection, store.name)).toEqual([]);
  const idle = subscriptionsOf(connection);
  const seed = seedOf();
  const random = randomFrom(seed);
  let crowd = 0;

  /** One subscription that ends at a random point in a random way. */
  async function once(): Promise<void> {
    const stopAt = Math.floor(random() * 140);
    const way = Math.floor(random() * 4);
    const stopping = new AbortController();
    if (random() < 0.1) stopping.abort();
    const { signal } = stopping;
    let taken = 0;
    const timer = setTimeout(() => stopping.abort(), random() * 60);
    try {
      for await (const _ of store.subscribe(both, { signal }).deliveries()) {
        crowd = Math.max(crowd, subscriptionsOf(connection));
        if (++taken < stopAt) continue;
        if (way === 0) break;
        if (way === 1) throw new Error("of the reader");
        if (way === 2) stopping.abort();
      }
    } catch (error) {
      expect(String(error), `seed ${seed}`).toBe("Error: of the reader");
    } finally {
      clearTimeout(timer);
    }
  }

  let step = 1000;
  let writing = true;
  const writer = (async () => {
    while (writing) {
      const events = [counted("w", ++step)];
      await store.publish({ family: CounterEvents, id: "live", expect: "any", events });
    }
  })();
  // One that is surely live, however slow the machine is.
  for await (const _ of store.subscribe(both).deliveries()) {
    crowd = subscriptionsOf(connection);
    if (crowd > idle) break;
  }
  for (let round = 0; round < cycles(10); round++) {
    await Promise.all(Array.from({ length: 20 }, once));
  }
  writing = false;
  await writer;
  expect(crowd, `seed ${seed}: nothing was ever live`).toBeGreaterThan(idle);
  // The server forgets a consumer nobody listens to after 10 s: what is left then is a leak.
  await until(
    `seed ${seed}: no consumer to be left`,
    async () => (await consumersOf(connection, store.name)).length === 0,
    5_000,
  );
  expect(subscriptionsOf(connection), `seed ${seed}`).toBe(idle);

  const followers = Array.from({ length: 5 }, () => follow(store, both));
  await Promise.all(followers.map((follower) => follower.reached(120)));
  await until("five consumers", async () => {
    return (await consumersOf(connection, store.name)).length === 5;
  });
  await store.close();
  expect(await Promise.all(followers.map(({ ended }) => ended))).toEqual(
    followers.map(() => undefined),
  );
  expect(await consumersOf(connection, store.name)).toEqual([]);
  expect(subscriptionsOf(connection), "the store's inbox is gone, too").toBe(idle - 1);
});
