import { afterAll, beforeAll, expect, test } from "vitest";
import { CounterEvents } from "./counter.ts";
import { follow, projectAll } from "./follower.ts";
import { cycles } from "./long.ts";
import { Site, storeName } from "./site.ts";
import { flawsOf, storedLog } from "./stored-log.ts";
import { lostOf, startWriters, strangersIn } from "./writers.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

test(
  "the server is killed while ten writers append: nothing acknowledged is lost, nothing doubled",
  { timeout: 600_000 },
  async () => {
    const name = storeName();
    const clients = [];
    for (let i = 0; i < 10; i++) clients.push(await site.client(name));
    const follower = follow(clients[0]!.store, CounterEvents);
    const projected = projectAll(clients[0]!.store, CounterEvents);
    const startedMs = performance.now();
    const writers = startWriters(
      clients.map(({ store }) => store),
      1_000,
    );
    const kills = cycles(5);
    for (let kill = 0; kill < kills; kill++) {
      await writers.progress(10);
      await site.server.kill();
      await site.server.restart();
    }
    await writers.progress(10);
    const told = await writers.stop();
    const seconds = (performance.now() - startedMs) / 1000;
    const log = await storedLog(clients[0]!.connection, name);
    await follower.reached(log.at(-1)!.sequence, 30_000);
    await follower.stop();
    await projected.running.caughtUp({ timeoutMs: 30_000 });
    await projected.running.stop();
    const lost = lostOf(told, log);
    const flaws = flawsOf(log);
    console.info(
      `server killed ${kills} times: ${told.acknowledged.size} acknowledged, ${lost.length} lost, ` +
        `${flaws.length} flaws, ${told.unknown} unknown outcomes settled, ${told.unchanged} gave up, ${seconds.toFixed(0)} s`,
    );
    const strangers = strangersIn(log, told);
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
