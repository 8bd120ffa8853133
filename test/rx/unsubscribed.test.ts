import { MemoryLog } from "../../src/memory/memory-log.ts";
import { MemoryStore } from "jetfold/memory";
import { afterAll, beforeAll, expect, test } from "vitest";
import { leavingNothing } from "../engine/holdings.ts";
import { CounterEvents, OtherEvents } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { subscriptionsOf } from "../faults/follower.ts";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { Site } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { leaveMany, type Left } from "./unsubscribing.ts";

let site: Site;
beforeAll(async () => void (site = await Site.start(1)));
afterAll(() => site.close());

/** Enough for a history to be streamed by a consumer. */
const aggregates = [...several(CounterEvents, 20), ...several(OtherEvents, 20)];
const commits = 40 * 90;
const slow = { timeout: 120_000 };

function expectAllMoments(left: Left, seed: number): void {
  for (const [moment, times] of Object.entries(left)) {
    expect(times, `${moment}, seed ${seed}`).toBeGreaterThan(5);
  }
}

test(
  "1,000 subscriptions that are left at random moments leave nothing on server or client",
  slow,
  async () => {
    await leavingNothing(site, async ({ store, connection }) => {
      await fill(store, aggregates, commits);
      const idle = subscriptionsOf(connection);
      const seed = seedOf();
      let crowd = 0;
      const left = await leaveMany(store, 1_000, randomFrom(seed), () => {
        crowd = Math.max(crowd, subscriptionsOf(connection) - idle);
      });
      expect(crowd, `seed ${seed}: nothing was under way`).toBeGreaterThan(0);
      expectAllMoments(left, seed);
    });
  },
);

test("1,000 of a store in memory leave no listener and no timer", slow, async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const log = new MemoryLog();
  const store = await MemoryStore.open({ log });
  await fill(store, aggregates, commits);
  const seed = seedOf();
  let crowd = 0;
  const left = await leaveMany(store, 1_000, randomFrom(seed), () => {
    crowd = Math.max(crowd, log.listeners);
  });
  expect(crowd, `seed ${seed}: nothing was live`).toBeGreaterThan(0);
  expectAllMoments(left, seed);
  await until("no listener to be left", () => log.listeners === 0, 5_000);
  await until("no timer to be left", () => timers() <= before, 5_000);
  await store.close();
});
