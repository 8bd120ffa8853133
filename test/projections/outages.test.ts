import {
  ClosedError,
  defineProjection,
  type Envelope,
  type EventStore,
  importCommits,
  kvCheckpoints,
  observe,
  type Running,
  type RunState,
  UnavailableError,
} from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { counted, CounterEvents as family } from "../faults/counter.ts";
import { consumersOf } from "../faults/follower.ts";
import { long } from "./long.ts";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until, within } from "../faults/until.ts";
import { type BusyWriters, selected, startBusyWriters } from "./busy-writers.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** A projection at work, all it was given, and all it said of itself. */
interface Observed {
  readonly running: Running;
  readonly seen: readonly string[];
  readonly states: readonly RunState[];
  readonly causes: readonly unknown[];
}

function start(store: EventStore, onLive?: () => void): Observed {
  const seen: string[] = [];
  const states: RunState[] = [];
  const causes: unknown[] = [];
  const projection = defineProjection({
    name: "seen",
    events: selected,
    project: (envelope) => void seen.push(keyOf(envelope)),
  });
  const onState = (state: RunState, cause?: unknown): void => {
    states.push(state);
    if (state === "live") onLive?.();
    if (cause !== undefined) causes.push(cause);
  };
  const running = observe(store, projection, { checkpoints: kvCheckpoints(store), onState });
  return { running, seen, states, causes };
}

function keyOf({ family, id, revision }: Envelope): string {
  return `${family}.${id}#${revision}`;
}

/** Wait until it said that it waits, and then that it is live, after so many earlier states. */
async function recovered({ states, running }: Observed, told: number): Promise<void> {
  await until(
    "waiting, then live",
    () => {
      if (running.error !== undefined) throw running.error;
      const waiting = states.indexOf("waiting", told);
      return waiting >= 0 && states.indexOf("live", waiting) >= 0;
    },
    30_000,
  );
}

/** It goes on: what was written just now is handled. */
async function goesOn(observed: Observed, store: EventStore): Promise<void> {
  const commit = { family, id: "last", expect: "any", events: [counted("w", 1)] } as const;
  const { head } = await store.publish(commit);
  await observed.running.reached(head.sequence, { timeoutMs: 30_000 });
  await until("it to be live", () => observed.running.state === "live");
}

/** Everything once and in order, and all of it. */
async function exactly(observed: Observed, store: EventStore, writers: BusyWriters): Promise<void> {
  await writers.stop();
  await observed.running.caughtUp({ timeoutMs: 30_000 });
  await observed.running.stop();
  const stored: string[] = [];
  for await (const envelope of store.replay(selected)) stored.push(keyOf(envelope));
  expect(observed.seen).toEqual(stored);
  expect(observed.running.error).toBeUndefined();
}

test.concurrent(
  "a server that is killed and started again is waited for: nothing skipped, nothing repeated",
  { timeout: 300_000 },
  async () => {
    await using frail = await Site.start(1);
    const name = storeName();
    const { store } = await frail.client(name);
    const other = await frail.client(name);
    const writers = startBusyWriters([other.store], seedOf(), 50);
    const observed = start(store);
    await goesOn(observed, store);
    const kills = long(1, 20);
    for (let kill = 0; kill < kills; kill++) {
      const told = observed.states.length;
      await frail.server.kill();
      // What was asked when the server died is given up after 15 s.
      await until("it to wait", () => observed.running.state === "waiting", 40_000);
      await frail.server.restart();
      await recovered(observed, told);
      await goesOn(observed, store);
    }
    await exactly(observed, store, writers);
    for (const cause of observed.causes) expect(cause).toBeInstanceOf(UnavailableError);
    console.info(`server killed ${kills} times: ${observed.seen.length} events, each once`);
  },
);

test.concurrent(
  "a consumer that is deleted is replaced: nothing skipped, nothing repeated",
  { timeout: 300_000 },
  async () => {
    const { store, connection } = await site.client(storeName());
    const writers = startBusyWriters([store], seedOf(), 50);
    const observed = start(store);
    const times = long(1, 20);
    for (let time = 0; time < times; time++) {
      const [consumer] = await until("a consumer", async () => {
        const names = await consumersOf(connection, store.name);
        return names.length === 1 && names;
      });
      const told = observed.states.length;
      await askApi(connection, `CONSUMER.DELETE.${store.name}.${consumer}`);
      await recovered(observed, told);
      await goesOn(observed, store);
    }
    await exactly(observed, store, writers);
  },
);

test.concurrent(
  "a connection that is cut, and refused for a while, is waited for: nothing skipped or repeated",
  { timeout: 300_000 },
  async () => {
    const name = storeName();
    const { store, proxy } = await site.proxied(name);
    const direct = await site.client(name);
    const seed = seedOf();
    const random = randomFrom(seed);
    const writers = startBusyWriters([direct.store], seed, 50);
    const observed = start(store);
    await goesOn(observed, direct.store);
    const cuts = long(1, 20);
    for (let cut = 0; cut < cuts; cut++) {
      const told = observed.states.length;
      if (random() < 0.5) {
        // What the server sends gets lost first, answers and events.
        proxy.hold();
        await until("something to lose", () => proxy.heldBytes > 0);
      }
      proxy.refuse();
      proxy.drop();
      await until(`seed ${seed}: it to wait`, () => observed.running.state === "waiting");
      proxy.accept();
      await recovered(observed, told);
      await goesOn(observed, direct.store);
    }
    await exactly(observed, direct.store, writers);
  },
);

test.concurrent("a connection that is cut when history is read, and nothing more is written: live again", async () => {
  const name = storeName();
  const { store, proxy } = await site.proxied(name);
  const direct = await site.client(name);
  const commit = { family, id: "only", expect: "any", events: [counted("w", 1)] } as const;
  await direct.store.publish(commit);
  let cut = false;
  const observed = start(store, () => {
    if (cut) return;
    cut = true;
    // Before the server could be asked for what comes.
    proxy.refuse();
    proxy.cut();
  });
  await until("it to wait", () => observed.running.state === "waiting", 30_000);
  proxy.accept();
  await until("a consumer", async () => (await consumersOf(direct.connection, name)).length === 1);
  await until("it to be live", () => observed.running.state === "live", 10_000);
  await goesOn(observed, direct.store);
  await observed.running.stop();
  expect(observed.seen).toEqual(["Counter.only#1", "Counter.last#1"]);
}, 90_000);

test.concurrent("a connection that is closed for good ends it: failed, with a ClosedError", async () => {
  const name = storeName();
  const { store, connection } = await site.client(name);
  const direct = await site.client(name);
  const observed = start(store);
  await goesOn(observed, direct.store);
  await connection.close();
  await expect(within("the end", observed.running.done)).rejects.toThrow(ClosedError);
  expect(observed.running).toMatchObject({ state: "failed" });
  expect(observed.running.error).toBeInstanceOf(ClosedError);
  expect(observed.states.at(-1)).toBe("failed");
  // Another one, on a connection of its own, goes on.
  const again = start(direct.store);
  await goesOn(again, direct.store);
  await again.running.stop();
  expect(observed.seen).toEqual(["Counter.last#1"]);
  expect(again.seen.at(-1)).toBe("Counter.last#2");
  expect(again.seen.length).toBeLessThanOrEqual(2);
});

// Alone: all others would stand still meanwhile.
test("a handler that keeps its process busy for seconds does not end it", async () => {
  const { store } = await site.client(storeName());
  const commits = 10_000;
  await importCommits(
    store,
    (function* () {
      for (let i = 0; i < commits; i++) {
        yield { family, id: `n${i % 100}`, events: [counted("x".repeat(500), i)] };
      }
    })(),
  );
  let handled = 0;
  const projection = defineProjection({
    name: "busy",
    events: family,
    projectBatch: (envelopes) => {
      // The event loop has no turn meanwhile: heartbeats pile up, and come all at once.
      const until = performance.now() + (handled < 500 ? 6_000 : 0);
      while (performance.now() < until);
      handled += envelopes.length;
    },
  });
  const running = observe(store, projection);
  await running.caughtUp({ timeoutMs: 50_000 });
  await running.stop();
  expect(running.error).toBeUndefined();
  expect(handled).toBe(commits);
}, 90_000);
