import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventStore } from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { selected, startBusyWriters } from "./busy-writers.ts";
import { crash } from "./crashes.ts";
import { Life } from "./life.ts";
import { storedPosition } from "./stored-position.ts";
import { long } from "./long.ts";

let site: Site;
let directory: string;
beforeAll(async () => {
  site = await Site.start(1);
  directory = await mkdtemp(join(tmpdir(), "jetfold-projection-"));
});
afterAll(async () => {
  await site.close();
  await rm(directory, { recursive: true, force: true });
});

/** What the file says against what is stored. */
interface Reading {
  /** Events of the store that are not in the file. */
  readonly missing: readonly string[];
  /** Where the file goes on further than with the next event: something was left out there. */
  readonly gaps: readonly string[];
  /** How often it goes back: a life that begins before where the last one has ended. */
  readonly returns: number;
  readonly repeats: number;
  readonly events: number;
}

async function read(store: EventStore, file: string): Promise<Reading> {
  const places = new Map<string, number>();
  for await (const { family, id, revision } of store.replay(selected)) {
    places.set(`${family}.${id}#${revision}`, places.size);
  }
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  const gaps: string[] = [];
  let returns = 0;
  let place = -1;
  for (const line of lines) {
    const next = places.get(line) ?? Infinity;
    if (next > place + 1) gaps.push(`${line} at ${next} after ${place}`);
    if (next <= place) returns++;
    place = next;
  }
  const seen = new Set(lines);
  const missing = [...places.keys()].filter((key) => !seen.has(key));
  return { missing, gaps, returns, repeats: lines.length - seen.size, events: places.size };
}

test(
  "a projection with checkpoints in the store that is killed again and again skips nothing",
  { timeout: 900_000 },
  async () => {
    const client = await site.client(storeName());
    const { store } = client;
    const seed = seedOf();
    const startedMs = performance.now();
    const file = join(directory, "lines");
    const begin = (mode: string): Life =>
      Life.prepare("./crash-kv-child.ts", [site.server.url, store.name, file, mode]);
    const writers = startBusyWriters([store], seed, 300);
    const { kills, moved, interrupted } = await crash({
      kills: long(15, 200),
      // Such checkpoints are saved every 200 ms.
      longestMs: 500,
      random: randomFrom(seed),
      prepare: (n) => begin(n % 2 === 0 ? "project" : "batch"),
      checkpoint: () => storedPosition(store, "file"),
      end: () => store.end(selected),
    }).catch((cause: unknown) => {
      throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
    });
    const written = await writers.stop();
    const end = await store.end(selected);
    const last = begin("batch");
    last.go();
    await until(
      `seed ${seed}: the last life`,
      async () => {
        last.assertRunning();
        return (await storedPosition(store, "file")) >= end;
      },
      60_000,
    );
    await last.kill();

    const { repeats, returns, events, ...flaws } = await read(store, file);
    const seconds = (performance.now() - startedMs) / 1000;
    console.info(
      `killed ${kills} times, ${interrupted} of them with work left, the checkpoint had moved in ` +
        `${moved} lives: ${events} events in ${written.commits} commits, ${written.transactions} ` +
        `transactions, none skipped, ${repeats} repeated by ${returns} lives; ` +
        `${seconds.toFixed(0)} s, seed ${seed}`,
    );
    expect(flaws, `seed ${seed}`).toEqual({ missing: [], gaps: [] });
    expect(events, `seed ${seed}`).toBe(written.events);
    expect(returns, `seed ${seed}`).toBeLessThanOrEqual(kills + 1);
    expect(moved, `seed ${seed}`).toBeGreaterThan(kills / 5);
    expect(interrupted, `seed ${seed}`).toBeGreaterThanOrEqual(Math.floor(kills / 2));
  },
);
