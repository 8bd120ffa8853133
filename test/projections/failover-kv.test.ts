import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { readLines } from "./appended-lines.ts";
import { selected, startBusyWriters } from "./busy-writers.ts";
import { failOver, type Fault, spread } from "./failovers.ts";
import { Life } from "./life.ts";
import { storedPosition } from "./stored-position.ts";
import { long } from "./long.ts";

let site: Site;
let directory: string;
beforeAll(async () => {
  site = await Site.start(1);
  directory = await mkdtemp(join(tmpdir(), "jetfold-failover-"));
});
afterAll(async () => {
  await site.close();
  await rm(directory, { recursive: true, force: true });
});

const takeOverMs = 1_000;

test.for<Fault>(["killed", "frozen"])(
  "when the active process is %s, another goes on and skips nothing",
  { timeout: 900_000 },
  async (fault) => {
    const { store } = await site.client(storeName());
    const seed = seedOf();
    const file = join(directory, fault);
    // With batches, the one in hand may be large.
    const modes = fault === "killed" ? ["project", "batch"] : ["project"];
    const prepare = (n: number): Life => {
      const mode = modes[n % modes.length]!;
      const args = [site.server.url, store.name, file, `${n}`, `${takeOverMs}`, mode];
      return Life.prepare("./failover-kv-child.ts", args);
    };
    const writers = startBusyWriters([store], seed, 200);
    const rounds = long(4, 50);
    const random = randomFrom(seed);
    const checkpoint = () => storedPosition(store, "file");
    const plan = { fault, rounds, random, prepare, checkpoint };
    const { takeOvers, moved, lives } = await failOver(plan).catch((cause: unknown) => {
      throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
    });
    const written = await writers.stop();
    const end = await store.end(selected);
    const caughtUp = async (): Promise<boolean> => (await checkpoint()) >= end;
    await until(`seed ${seed}: the rest`, caughtUp, 60_000);
    await Promise.all(lives.map(({ life }) => life.kill()));

    const reading = await readLines(store, file, takeOvers);
    const { events, missing, gaps, repeats, late, mostLate } = reading;
    console.info(
      `${fault} ${rounds} times, ${spread(takeOvers)}; the checkpoint had moved in ${moved} terms: ` +
        `${events} events, none skipped, ${repeats} repeated, of those handled within ${reading.longestRepeatMs} ms before; ${late} by a ` +
        `process that was woken, at most ${mostLate} each; seed ${seed}`,
    );
    const { needless } = reading;
    const exact = { missing: 0, gaps: [], needless: 0 };
    expect({ missing, gaps, needless }, `seed ${seed}`).toEqual(exact);
    expect(events, `seed ${seed}`).toBe(written.events);
    expect(moved, `seed ${seed}`).toBeGreaterThanOrEqual(rounds / 2);
    // The event that was in its hand.
    expect(mostLate, `seed ${seed}`).toBeLessThanOrEqual(1);
  },
);
