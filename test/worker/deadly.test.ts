import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorker, type WorkerProjection } from "jetfold/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import type { DeadlyData, DeadlyWorker } from "./deadly-worker.ts";
import { execArgv } from "./exec-argv.ts";
import { write } from "./worker-site.ts";

let site: Site;
let directory: string;
beforeAll(async () => {
  site = await Site.start(1);
  directory = await mkdtemp(join(tmpdir(), "jetfold-deadly-"));
});
afterAll(async () => {
  await site.close();
  await rm(directory, { recursive: true, force: true });
});

type Plan = Pick<DeadlyData, "how" | "where" | "policy" | "retries">;

/** A worker that meets one event that ends its thread, among others. */
async function meeting(plan: Plan) {
  const { store } = await site.client(storeName());
  await write(store, 3, "before");
  const bad = await write(store, 1, "bad");
  const end = await write(store, 2, "after");
  const file = join(directory, store.name);
  const data: DeadlyData = { url: site.server.url, store: store.name, file, ...plan };
  const screen = await startWorker<DeadlyWorker>(new URL("./deadly-worker.ts", import.meta.url), {
    data,
    execArgv,
    restart: { firstMs: 1, longestMs: 1 },
    onState: () => undefined,
  });
  /** How often each aggregate's events were handled. */
  const handled = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    for (const id of lines) counts[id] = (counts[id] ?? 0) + 1;
    return counts;
  };
  return { screen, bad, end, handled };
}

const patience = { timeoutMs: 60_000 };

async function parkedBy(screen: WorkerProjection<Record<string, never>>) {
  const list = () => screen.parked.list(patience);
  await until("what is parked", async () => (await list()).length > 0, patience.timeoutMs);
  return (await list())[0];
}

test("an event that ends its thread is parked after its retries, and what is before it is saved", async () => {
  const plan: Plan = { how: "exit", where: "project", policy: "park", retries: 1 };
  const { screen, bad, end, handled } = await meeting(plan);
  await using _ = screen;
  const error = expect.stringMatching(/^WorkerCrashedError: .*ended 2 times.*code 1/) as unknown;
  expect(await parkedBy(screen)).toMatchObject({ id: "bad", sequence: bad, attempts: 2, error });
  await screen.reached(end, patience);
  expect(await handled()).toEqual({ before: 6, bad: 2, after: 2 });
  expect(screen.restarts).toBe(2);
});

test("an effect that ends its thread stops the projection after its retries", async () => {
  const plan: Plan = { how: "exit", where: "effect", policy: "stop", retries: 1 };
  const { screen, bad, handled } = await meeting(plan);
  await using _ = screen;
  await expect(screen.done).rejects.toMatchObject({ code: "worker-crashed" });
  expect(screen).toMatchObject({ state: "failed", failure: { sequence: bad, attempts: 2 } });
  expect((await handled())["bad"]).toBe(2);
});

test("an event that leaves a throw behind in a timer is found, and parked", async () => {
  const plan: Plan = { how: "later", where: "project", policy: "park", retries: 0 };
  const { screen, end } = await meeting(plan);
  await using _ = screen;
  expect(await parkedBy(screen)).toMatchObject({ id: "bad", attempts: 2 });
  await screen.reached(end, patience);
});
