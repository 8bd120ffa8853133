import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorker, type StartWorkerOptions } from "jetfold/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seedOf } from "../faults/seed.ts";
import { Site, storeName } from "../faults/site.ts";
import { realPostgres, type TestDatabase } from "../postgres/test-database.ts";
import { long } from "../projections/long.ts";
import { flawsOf } from "../projections/tally.ts";
import { rebuilt } from "./counts.ts";
import { execArgv } from "./exec-argv.ts";
import { FileCounts } from "./file-counts.ts";
import type { FileWorker } from "./file-worker.ts";
import { killAgainAndAgain } from "./kill.ts";
import type { TallyWorker } from "./tally-worker.ts";
import { startMemory } from "./worker-site.ts";

let site: Site;
let directory: string;
let postgres: TestDatabase | undefined;
beforeAll(async () => {
  postgres = await realPostgres();
  site = await Site.start(1);
  directory = await mkdtemp(join(tmpdir(), "jetfold-worker-"));
}, 180_000);
afterAll(async () => {
  await site.close();
  await postgres?.close();
  await rm(directory, { recursive: true, force: true });
});

const options: StartWorkerOptions = { execArgv, restart: { firstMs: 1, longestMs: 20 } };

test(
  "a worker killed again and again: its files, with checkpoints in the store, equal a rebuild",
  { timeout: 600_000 },
  async () => {
    const { store } = await site.client(storeName());
    const seed = seedOf();
    const data = { url: site.server.url, store: store.name, directory: join(directory, "counts") };
    const module = new URL("./file-worker.ts", import.meta.url);
    await killAgainAndAgain({
      kills: long(12, 50),
      seed,
      store,
      start: () => startWorker<FileWorker>(module, { data, ...options }),
      async check(screen) {
        const expected = await rebuilt(store);
        expect(new FileCounts(data.directory).counts(), `seed ${seed}`).toEqual(expected);
        expect(await screen.query("counts")).toEqual(expected);
      },
    });
  },
);

test(
  "a worker killed again and again: its read model in memory, built anew, equals a rebuild",
  { timeout: 600_000 },
  async () => {
    const { store } = await site.client(storeName());
    const seed = seedOf();
    await killAgainAndAgain({
      kills: long(6, 50),
      seed,
      store,
      start: () => startMemory(site, store.name, { retries: 1_000 }, options),
      async check(screen) {
        expect(await screen.query("counts"), `seed ${seed}`).toEqual(await rebuilt(store));
      },
    });
  },
);

test(
  "a worker killed again and again applies every event exactly once, with PostgreSQL",
  { timeout: 600_000 },
  async (context) => {
    // In CI there is one.
    if (postgres?.url === undefined) return context.skip("no PostgreSQL");
    const { store } = await site.client(storeName());
    const seed = seedOf();
    const { url: database } = postgres;
    const sql = postgres.database;
    const data = { url: site.server.url, store: store.name, database, name: "tally" };
    const module = new URL("./tally-worker.ts", import.meta.url);
    await killAgainAndAgain({
      kills: long(6, 50),
      seed,
      store,
      start: () => startWorker<TallyWorker>(module, { data, ...options }),
      async check() {
        const { events, ...flaws } = await flawsOf(store, sql, "tally");
        expect(flaws, `seed ${seed}`).toEqual({ missing: [], excess: [], totals: [] });
        expect(events).toBeGreaterThan(0);
      },
    });
  },
);
