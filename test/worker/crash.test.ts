import type { WorkerState } from "jetfold/worker";
import { expect, test } from "vitest";
import { until, within } from "../faults/until.ts";
import { rebuilt } from "./counts.ts";
import { setStage } from "./stage.ts";
import { write } from "./worker-site.ts";

const stage = setStage();
const { start } = stage;

const crashes = [
  ["an uncaught error", "throw", "uncaught"],
  ["process.exit", "exit", "ended with code 7"],
  ["no memory left", "memory", "memory"],
] as const;

test.each(crashes)("after a crash by %s it goes on by itself", async (_, how, says) => {
  const { store } = stage.client;
  await write(store, 10);
  const told: [WorkerState, unknown][] = [];
  await using screen = await start(
    {},
    {
      onState: (state, cause) => void told.push([state, cause]),
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    },
  );
  await screen.caughtUp();
  const hanging = screen.query("hang");
  hanging.catch(() => undefined);
  await screen.query("crash", [how]).catch(() => undefined);
  await expect(hanging).rejects.toThrow(/memory-worker.ts" .* ended before it had answered/);
  const end = await write(store, 3, "b");
  await screen.reached(end, { timeoutMs: 20_000 });
  expect(screen).toMatchObject({ restarts: 1, handled: 13 });
  expect(await screen.query("counts")).toEqual(await rebuilt(store));
  const [, cause] = told.find(([state]) => state === "starting")!;
  expect(String(cause)).toContain(says);
});

test("who waits for a position or a query goes on waiting over a restart", async () => {
  const { store } = stage.client;
  const first = await write(store, 5);
  await using screen = await start({ checkpoints: "kv" });
  await screen.reached(first);
  // It is in hand, but a busy thread does not get to it before it is ended.
  screen.query("block", [60_000]).catch(() => undefined);
  const end = await write(store, 5, "b");
  const reached = screen.reached(end, { timeoutMs: 20_000 });
  const caughtUp = screen.caughtUp({ timeoutMs: 20_000 });
  const short = screen.reached(end, { timeoutMs: 100 });
  await expect(short).rejects.toMatchObject({ code: "timeout" });
  await stage.threads.last.terminate();
  await until("the crash to be noticed", () => screen.state === "starting");
  const asked = screen.query("add", [1, 2], { timeoutMs: 20_000 });
  await Promise.all([reached, caughtUp]);
  expect(await asked).toBe(3);
  expect(screen.position).toBe(end);
});

test("pauses grow, and a limit of restarts makes the next crash a failure", async () => {
  const { store } = stage.client;
  const atMs: number[] = [];
  const screen = await start(
    {},
    {
      restart: { firstMs: 5, longestMs: 60_000, limit: 2 },
      onState: (state) => state === "starting" && atMs.push(performance.now()),
    },
  );
  const waiting = screen.reached((await write(store, 1)) + 1_000, { timeoutMs: 30_000 });
  waiting.catch(() => undefined);
  for (let n = 0; n < 3; n++) {
    await until("a thread", () => stage.threads.all.length === n + 1 && screen.state === "live");
    await stage.threads.last.terminate();
    await until("its end", () => screen.state !== "live");
  }
  await expect(screen.done).rejects.toThrow("crashed 3 times in a row");
  expect(screen).toMatchObject({ state: "failed", restarts: 2 });
  expect(atMs).toHaveLength(2);
  await expect(screen.caughtUp()).rejects.toMatchObject({ code: "not-running" });
  await waiting.catch(() => undefined);
  await screen.stop();
  expect(stage.threads.all).toHaveLength(3);
});

test("stopping while it waits to start again ends at once", async () => {
  const screen = await start(
    {},
    {
      restart: { firstMs: 600_000, longestMs: 600_000 },
    },
  );
  await stage.threads.last.terminate();
  await until("the crash to be noticed", () => screen.state === "starting");
  const waiting = screen.caughtUp({ timeoutMs: 60_000 });
  waiting.catch(() => undefined);
  await within("its end", screen.stop(), 1_000);
  await expect(waiting).rejects.toThrow("has ended");
  await screen.done;
  expect(screen.state).toBe("stopped");
  expect(stage.threads.all).toHaveLength(1);
});
