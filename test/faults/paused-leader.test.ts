import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CounterEvents } from "./counter.ts";
import { follow, projectAll } from "./follower.ts";
import { cycles } from "./long.ts";
import { Site, storeName } from "./site.ts";
import { flawsOf, storedLog } from "./stored-log.ts";
import { lostOf, startWriters, strangersIn } from "./writers.ts";

const pauseMs = 6_000;

let site: Site;
beforeAll(async () => {
  site = await Site.start(3);
});
afterAll(() => site.close());

test(
  "a leader is paused, or killed: no acknowledged commit is lost, none is stored twice",
  { timeout: 1_200_000 },
  async () => {
    const name = storeName();
    const first = await site.client(name);
    const clients = [first];
    for (let i = 1; i < 10; i++) clients.push(await site.client(name));
    const stores = clients.map(({ store }) => store);
    const cluster = site.cluster!;
    const follower = follow(first.store, CounterEvents);
    const projected = projectAll(first.store, CounterEvents);
    const startedMs = performance.now();
    const writers = startWriters(stores, 3_000);
    await writers.progress(20);
    for (let cycle = 0; cycle < cycles(2); cycle++) {
      const leader = await cluster.leaderOf(name);
      await leader.pause();
      await delay(pauseMs);
      leader.resume();
      await writers.progress(10);
    }
    for (let cycle = 0; cycle < cycles(1); cycle++) {
      const leader = await cluster.leaderOf(name);
      await leader.kill();
      await writers.progress(10);
      await leader.restart();
      await cluster.ready();
      await writers.progress(10);
    }
    const told = await writers.stop();
    const seconds = (performance.now() - startedMs) / 1000;
    const log = await storedLog(first.connection, name);
    await follower.reached(log.at(-1)!.sequence, 30_000);
    await follower.stop();
    await projected.running.caughtUp({ timeoutMs: 30_000 });
    await projected.running.stop();
    const lost = lostOf(told, log);
    const flaws = flawsOf(log);
    const strangers = strangersIn(log, told);
    console.info(
      `paused and killed leaders: ${told.acknowledged.size} acknowledged, ${lost.length} lost, ` +
        `${flaws.length} flaws, ${told.unknown} unknown outcomes settled, ${told.unchanged} gave up, ` +
        `longest wait ${Math.round(told.longestMs)} ms, ${seconds.toFixed(0)} s`,
    );
    expect({ lost, flaws, strangers, errors: told.errors }).toEqual({
      lost: [],
      flaws: [],
      strangers: [],
      errors: [],
    });
    // A subscription and a projection over all of it saw every commit once, in order.
    expect(projected.running.error).toBeUndefined();
    const all = log.map(({ sequence }) => sequence);
    expect(follower.sequences).toEqual(all);
    expect(projected.sequences).toEqual(all);
  },
);
