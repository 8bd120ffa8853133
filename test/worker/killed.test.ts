import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { EventStore } from "jetfold";
import { startWorker, type StartWorkerOptions, type WorkerProjection } from "jetfold/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { selected, startBusyWriters } from "../projections/busy-writers.ts";
import { long } from "../projections/long.ts";
import { type Counts, rebuilt } from "./counts.ts";
import { execArgv } from "./exec-argv.ts";
import { FileCounts } from "./file-counts.ts";
import type { FileWorker } from "./file-worker.ts";
import { held, Threads } from "./threads.ts";
import { startMemory, write } from "./worker-site.ts";

let site: Site;
let directory: string;
beforeAll(async () => {
  site = await Site.start(1);
  directory = await mkdtemp(join(tmpdir(), "jetfold-worker-"));
});
afterAll(async () => {
  await site.close();
  await rm(directory, { recursive: true, force: true });
});

const restart: StartWorkerOptions = { execArgv, restart: { firstMs: 1, longestMs: 20 } };

type Screen = WorkerProjection<{ counts(): Counts }>;

/** What came of it. */
interface Killed {
  /** How many lives handled something before they were ended. */
  readonly handling: number;
  /** So many lives ended with work left. */
  readonly interrupted: number;
  /** How many own writes were waited for. */
  readonly reached: number;
}

/**
 * End the thread again and again, at a random moment of its life, while writers go on, and a reader
 * waits for its own writes.
 */
async function kill(
  kills: number,
  store: EventStore,
  random: () => number,
  start: () => Promise<Screen>,
  check: (screen: Screen) => Promise<void>,
): Promise<Killed> {
  const threads = new Threads();
  await using screen = await start();
  let handling = 0;
  let interrupted = 0;
  let reached = 0;
  const stopping = new AbortController();
  const reader = (async () => {
    for (; !stopping.signal.aborted; reached++) {
      const own = await write(store, 1, "own", reached + 1);
      await screen.reached(own, { timeoutMs: 60_000 });
    }
  })();
  reader.catch(() => undefined);
  for (let n = 1; n <= kills; n++) {
    await until("a thread that handles", () => threads.all.length === n && isAtWork(screen));
    // Every third soon: history is still being read. Checkpoints are saved every 200 ms.
    await delay(n % 3 === 0 ? random() * 20 : random() * 600);
    const end = await store.end(selected);
    if (screen.handled > 0) handling++;
    await threads.last.terminate();
    if (screen.position < end) interrupted++;
    await until("the next one", () => screen.restarts === n);
  }
  stopping.abort();
  await reader;
  await screen.caughtUp({ timeoutMs: 60_000 });
  await check(screen);
  await screen.stop();
  threads.close();
  expect(threads.all).toHaveLength(kills + 1);
  expect(threads.all.every(({ threadId }) => threadId === -1)).toBe(true);
  return { handling, interrupted, reached };
}

function isAtWork({ state }: Screen): boolean {
  return state === "catching-up" || state === "live" || state === "waiting";
}

async function killAgainAndAgain(
  kills: number,
  name: string,
  seed: number,
  start: () => Promise<Screen>,
  counts: (screen: Screen) => Promise<Counts>,
): Promise<void> {
  const { store } = await site.client(name);
  const before = held();
  const writers = startBusyWriters([store], seed, 300);
  const startedMs = performance.now();
  let events = 0;
  const came = await kill(kills, store, randomFrom(seed), start, async (screen) => {
    ({ events } = await writers.stop());
    await screen.caughtUp({ timeoutMs: 60_000 });
    expect(await counts(screen), `seed ${seed}`).toEqual(await rebuilt(store));
  });
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
  console.info(
    `killed ${kills} times, ${came.interrupted} of them with work left: ${events} events, ` +
      `${came.reached} own writes reached; ${seconds} s, seed ${seed}`,
  );
  expect(came.reached, `seed ${seed}`).toBeGreaterThan(kills / 5);
  expect(came.handling, `seed ${seed}`).toBeGreaterThan(kills / 5);
  await until("every thread, port and timer to be let go", () => {
    const { Worker = 0, MessagePort = 0 } = held();
    return Worker <= (before["Worker"] ?? 0) && MessagePort <= (before["MessagePort"] ?? 0);
  });
}

test(
  "a worker killed 50 times: its files, with checkpoints in the store, equal a rebuild",
  { timeout: 600_000 },
  async () => {
    const name = storeName();
    const seed = seedOf();
    const data = { url: site.server.url, store: name, directory: join(directory, "counts") };
    const module = new URL("./file-worker.ts", import.meta.url);
    await killAgainAndAgain(
      long(50, 200),
      name,
      seed,
      () => startWorker<FileWorker>(module, { data, ...restart }),
      () => Promise.resolve(new FileCounts(data.directory).counts()),
    );
  },
);

test(
  "a worker killed 20 times: its read model in memory, built anew each time, equals a rebuild",
  { timeout: 600_000 },
  async () => {
    const name = storeName();
    await killAgainAndAgain(
      long(20, 50),
      name,
      seedOf(),
      () => startMemory(site, name, {}, restart),
      (screen) => screen.query("counts"),
    );
  },
);
