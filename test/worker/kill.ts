import { setTimeout as delay } from "node:timers/promises";
import type { EventStore } from "jetfold";
import type { WorkerProjection } from "jetfold/worker";
import { expect } from "vitest";
import { randomFrom } from "../faults/seed.ts";
import { until } from "../faults/until.ts";
import { selected, startBusyWriters } from "../projections/busy-writers.ts";
import { held, Threads } from "./threads.ts";
import { write } from "./worker-site.ts";

/** Who is killed, how often, and what must hold at the end. */
export interface KillPlan<Screen extends AnyWorker> {
  readonly kills: number;
  readonly seed: number;
  readonly store: EventStore;
  start(): Promise<Screen>;
  /** Called when nobody writes any more, and everything is handled. */
  check(screen: Screen): Promise<void>;
}

/** A worker, whatever it can be asked. */
export type AnyWorker = Pick<
  WorkerProjection,
  "state" | "position" | "handled" | "restarts" | "reached" | "caughtUp" | "stop"
>;

/**
 * End a worker's thread again and again, at a random moment of its life, while writers go on, and
 * a reader waits for its own writes.
 */
export async function killAgainAndAgain<Screen extends AnyWorker>(
  plan: KillPlan<Screen>,
): Promise<void> {
  const { kills, seed, store } = plan;
  const before = held();
  const startedMs = performance.now();
  const threads = new Threads();
  const writers = startBusyWriters([store], seed, 300);
  const screen = await plan.start();
  const reader = readOwnWrites(store, screen);
  const { handling, interrupted } = await killAll(plan, screen, threads, () => reader.reached);
  const reached = await reader.stop();
  const { events } = await writers.stop();
  await screen.caughtUp({ timeoutMs: 60_000 });
  await plan.check(screen);
  await screen.stop();
  threads.close();
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
  console.info(
    `killed ${kills} times, ${interrupted} of them with work left: ${events} events of writers, ` +
      `${reached} own writes reached; ${seconds} s, seed ${seed}`,
  );
  expect(handling, `seed ${seed}`).toBeGreaterThan(kills / 2);
  expect(threads.all).toHaveLength(kills + 1);
  expect(threads.all.every(({ threadId }) => threadId === -1)).toBe(true);
  await until("every thread and port to be let go", () => {
    const { Worker = 0, MessagePort = 0 } = held();
    return Worker <= (before["Worker"] ?? 0) && MessagePort <= (before["MessagePort"] ?? 0);
  });
}

async function killAll<Screen extends AnyWorker>(
  { kills, seed, store }: KillPlan<Screen>,
  screen: Screen,
  threads: Threads,
  reached: () => number,
): Promise<{ readonly handling: number; readonly interrupted: number }> {
  const random = randomFrom(seed);
  let handling = 0;
  let interrupted = 0;
  for (let n = 1; n <= kills; n++) {
    // Every third soon, perhaps before it handles anything. Checkpoints in the store are saved every
    // 200 ms, so many lives repeat what the one before has done.
    const soon = n % 3 === 0;
    await until("a thread at work", () => isAtWork(screen) && (soon || screen.handled > 0));
    await delay(random() * (soon ? 20 : 500));
    const end = await store.end(selected);
    if (screen.handled > 0) handling++;
    const before = reached();
    await threads.last.terminate();
    if (screen.position < end) interrupted++;
    await until("the next one", () => screen.restarts === n);
    if (soon) await until("an own write that is reached", () => reached() > before, 60_000);
  }
  return { handling, interrupted };
}

function isAtWork({ state }: AnyWorker): boolean {
  return state === "catching-up" || state === "live" || state === "waiting";
}

/** Writes, and waits for what it has written, over and over. */
function readOwnWrites(
  store: EventStore,
  screen: AnyWorker,
): {
  /** How often. */
  readonly reached: number;
  /** @returns how often */
  stop(): Promise<number>;
} {
  const stopping = new AbortController();
  let reached = 0;
  const reading = (async () => {
    for (; !stopping.signal.aborted; reached++) {
      const own = await write(store, 1, "own", reached + 1);
      await screen.reached(own, { timeoutMs: 60_000 });
      expect(screen.position).toBeGreaterThanOrEqual(own);
    }
  })();
  reading.catch(() => undefined);
  return {
    get reached() {
      return reached;
    },
    async stop() {
      stopping.abort();
      await reading;
      return reached;
    },
  };
}
