import { setTimeout as delay } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { type EventStore, execute, read } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NatsServer } from "../../src/testing/nats-server/index.ts";
import { Counter, CounterEvents } from "../faults/counter.ts";
import { fill } from "../faults/fill.ts";
import { subscriptionsOf } from "../faults/follower.ts";
import { cycles } from "../faults/long.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi, flawsOf, storedLog } from "../faults/stored-log.ts";
import { until } from "../faults/until.ts";
import { holdingsOf } from "./holdings.ts";

const ids = Array.from({ length: 60 }, (_, i) => `c-${i}`);
const commits = 25;
/** 10,000 when JETFOLD_LONG=1. */
const loads = cycles(1_000);
const readers = 8;
const behindMs = 3_000;

let site: Site;
beforeAll(async () => {
  site = await Site.start(3);
});
afterAll(() => site.close());

/** The streams that a load reads. */
function streamsOf(name: string): string[] {
  return [name, `KV_${name}-snapshots`];
}

/**
 * Make a node a follower of all that is read: who loses a leader waits for an election. A node that
 * comes back from seconds of silence may have been elected meanwhile.
 */
async function demote(witness: NatsConnection, node: NatsServer, name: string): Promise<void> {
  const cluster = site.cluster!;
  for (const stream of streamsOf(name)) {
    await until(`another leader of ${stream}`, async () => {
      const leader = await cluster.leaderOf(stream);
      if (leader !== node) return true;
      await askApi(witness, `STREAM.LEADER.STEPDOWN.${stream}`).catch(() => undefined);
      return false;
    });
  }
}

/** Append to all aggregates in turn until stopped; every append must succeed. */
function keepWriting(stores: readonly EventStore[]): {
  readonly written: number;
  stop(): Promise<void>;
} {
  let stopped = false;
  let written = 0;
  const writing = stores.map(async (store, writer) => {
    for (let i = writer; !stopped; i += stores.length) {
      const id = ids[i % ids.length]!;
      await execute(store, Counter, id, { by: id, step: 0 });
      written++;
      await delay(40);
    }
  });
  for (const each of writing) each.catch(() => undefined);
  return {
    get written() {
      return written;
    },
    async stop() {
      stopped = true;
      await Promise.all(writing);
    },
  };
}

/** How long each of so many loads took, in milliseconds, sorted; each must be right. */
async function load(stores: readonly EventStore[], count: number): Promise<number[]> {
  const latencies: number[] = [];
  let next = 0;
  const one = async (reader: number): Promise<void> => {
    while (next < count) {
      const id = ids[next++ % ids.length]!;
      const begunMs = performance.now();
      const { state, head } = await read(stores[reader % stores.length]!, Counter, id);
      latencies.push(performance.now() - begunMs);
      expect(state.count).toBe(head.revision);
      expect(state.count).toBeGreaterThanOrEqual(commits);
    }
  };
  await Promise.all(Array.from({ length: readers }, (_, reader) => one(reader)));
  return latencies.sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

test(
  "with one follower frozen, or seconds behind, loads while others write are right and nearly as fast",
  { timeout: 600_000 },
  async () => {
    const name = storeName();
    const first = await site.client(name);
    await fill(
      first.store,
      ids.map((id) => ({ family: CounterEvents, id })),
      ids.length * commits,
    );
    const leader = await site.cluster!.leaderOf(name);
    const follower = site.nodes.find((node) => node !== leader)!;
    // Nobody is a client of the node that is frozen: those would lose their connection.
    const servers = site.nodes.filter((node) => node !== follower).map(({ url }) => url);
    const connect = (i: number): ReturnType<Site["connect"]> =>
      site.connect({ servers: servers[i % servers.length]!, ignoreClusterUpdates: true });
    const witness = await connect(0);
    const options = { name, replicas: 3, cachedRoots: 0, onWarning: () => undefined };
    const connections = await Promise.all([0, 1].map(connect));
    const before = connections.map(subscriptionsOf);
    const stores = await Promise.all(
      connections.map((connection) => NatsStore.open(connection, options)),
    );
    const writers = await Promise.all([0, 1].map(async (i) => site.open(await connect(i), name)));
    const holdings = stores.map((store, i) =>
      holdingsOf({ connection: connections[i]!, store }, witness, false),
    );
    await demote(witness, follower, name);
    await load(stores, 200);

    const writing = keepWriting(writers);
    const told: Record<string, number[]> = {};
    told["healthy"] = await load(stores, loads);

    await follower.pause();
    told["one follower frozen"] = await load(stores, loads);
    follower.resume();
    await site.cluster!.ready();

    let lagging = true;
    const lag = (async (): Promise<void> => {
      while (lagging) {
        await demote(witness, follower, name);
        await follower.pause();
        await delay(behindMs);
        follower.resume();
        await delay(500);
      }
    })();
    lag.catch(() => undefined);
    told["one follower seconds behind"] = [];
    const deadline = performance.now() + 2.5 * behindMs;
    while (told["one follower seconds behind"].length < loads || performance.now() < deadline) {
      told["one follower seconds behind"].push(...(await load(stores, 100)));
    }
    told["one follower seconds behind"].sort((a, b) => a - b);
    lagging = false;
    await lag;

    await until("a hundred appends", () => writing.written > 100);
    await writing.stop();
    const rounded = (ms: number): string => ms.toFixed(1);
    for (const [phase, sorted] of Object.entries(told)) {
      const [p50, p99, max] = [0.5, 0.99, 1].map((share) => rounded(quantile(sorted, share)));
      console.info(`${phase}: ${sorted.length} loads, ms p50 ${p50} p99 ${p99} max ${max}`);
    }
    const healthyMs = quantile(told["healthy"], 0.99);
    for (const [phase, sorted] of Object.entries(told)) {
      const times = quantile(sorted, 0.99) / healthyMs;
      expect(times, `${phase}: p99 in times of the healthy one`).toBeLessThan(10);
    }
    expect(flawsOf(await storedLog(witness, name))).toEqual([]);
    for (const { restored } of holdings) await restored();
    await Promise.all(stores.map((store) => store.close()));
    await until("no subscription to be left", () =>
      connections.every((connection, i) => subscriptionsOf(connection) === before[i]),
    );
  },
);
