import { setTimeout as delay } from "node:timers/promises";
import type { Sql } from "jetfold/postgres";
import { expect, test } from "vitest";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { type Client, storeName } from "../faults/site.ts";
import { TcpProxy } from "../faults/tcp-proxy.ts";
import { until } from "../faults/until.ts";
import { selected, startBusyWriters } from "./busy-writers.ts";
import { crash } from "./crashes.ts";
import { Life } from "./life.ts";
import { long } from "./long.ts";
import { type Reachable, siteWithRealPostgres } from "./real-postgres.ts";
import { checkpointOf, flawsOf, type Mode } from "./tally.ts";

const shared = siteWithRealPostgres();

/** Load a process that runs a tally. */
function prepare(url: string, store: string, name: string, mode: Mode): Life {
  const args = [shared.site.server.url, store, url, name, mode];
  return Life.prepare("./crash-postgres-child.ts", args);
}

/** Run a last process until it has caught up, and compare. */
async function finish(
  { store }: Client,
  { database, url }: Reachable,
  name: string,
  seed: number,
): Promise<number> {
  const end = await store.end(selected);
  if ((await checkpointOf(database, name)) < end) {
    const life = prepare(url, store.name, name, "batch");
    life.go();
    await life.handling();
    await until(
      `seed ${seed}: the last life`,
      async () => {
        life.assertRunning();
        return (await checkpointOf(database, name)) >= end;
      },
      120_000,
    );
    await life.kill();
  }
  const { events, ...flaws } = await flawsOf(store, database, name);
  expect(flaws, `seed ${seed}`).toEqual({ missing: [], excess: [], totals: [] });
  return events;
}

test(
  "a projection that is killed again and again applies every event exactly once",
  { timeout: 900_000 },
  async (context) => {
    const { database, url } = shared.postgresOf(context);
    const storeOf = storeName();
    const clients = [await shared.site.client(storeOf), await shared.site.client(storeOf)];
    const { store } = clients[0]!;
    const seed = seedOf();
    const startedMs = performance.now();
    const writers = startBusyWriters(
      clients.map((client) => client.store),
      seed,
      300,
    );
    const name = "killed";
    const crashes = await crash({
      kills: long(15, 200),
      longestMs: 150,
      random: randomFrom(seed),
      prepare: (n) => prepare(url, store.name, name, n % 2 === 0 ? "project" : "batch"),
      checkpoint: () => checkpointOf(database, name),
      end: () => store.end(selected),
    }).catch((cause: unknown) => {
      throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
    });
    const written = await writers.stop();
    const events = await finish(clients[0]!, { database, url }, name, seed);
    const { kills, moved, interrupted } = crashes;
    const seconds = (performance.now() - startedMs) / 1000;
    console.info(
      `killed ${kills} times, ${interrupted} of them with work left, the checkpoint had moved in ` +
        `${moved} lives: ${events} events in ${written.commits} commits, ${written.transactions} ` +
        `transactions, each event once; ${seconds.toFixed(0)} s, seed ${seed}`,
    );
    expect(events, `seed ${seed}`).toBe(written.events);
    // The other lives ended in their first transaction.
    expect(moved, `seed ${seed}`).toBeGreaterThan(kills / 5);
    expect(interrupted, `seed ${seed}`).toBeGreaterThanOrEqual(Math.floor(kills / 2));
  },
);

test.for<Mode>(["project", "batch"])(
  "a projection (%s) whose database connections are cut goes on, and applies every event once",
  { timeout: 600_000 },
  async (mode, context) => {
    const { database, url } = shared.postgresOf(context);
    const name = `cut_${mode}`;
    const client = await shared.site.client(storeName());
    const seed = seedOf();
    const random = randomFrom(seed);
    const startedMs = performance.now();
    const writers = startBusyWriters([client.store], seed, 100);
    const life = prepare(url, client.store.name, name, mode);
    let cut = 0;
    let before = 0;
    const cuts = long(10, 200);
    try {
      life.go();
      await life.handling();
      for (let n = 0; n < cuts; n++) {
        await delay(5 + random() * 145);
        cut += await cutConnections(database, name);
        before = await until(`seed ${seed}: progress after cut ${n}`, async () => {
          life.assertRunning();
          const now = await checkpointOf(database, name);
          return now > before && now;
        });
      }
      // By chance none may have had a transaction under way: one more is cut until one had.
      await until(`seed ${seed}: a cut that it waits after`, async () => {
        cut += await cutConnections(database, name, "AND xact_start IS NOT NULL");
        return waitsOf(life) > 0;
      });
    } finally {
      await writers.stop();
    }
    const events = await settle(client, { database, url }, name, life, seed);
    const seconds = (performance.now() - startedMs) / 1000;
    console.info(
      `${mode}: ${cut} connections ended in ${cuts} cuts, it waited ${waitsOf(life)} times: ` +
        `${events} events, each once; ${seconds.toFixed(0)} s, seed ${seed}`,
    );
  },
);

test(
  "a projection whose commits stay unanswered goes on, and applies every event once",
  { timeout: 600_000 },
  async (context) => {
    const { database, url: given } = shared.postgresOf(context);
    const url = new URL(given);
    await using proxy = await TcpProxy.start(Number(url.port || 5432));
    url.host = new URL(proxy.url).host;
    const name = "unanswered";
    const client = await shared.site.client(storeName());
    const seed = seedOf();
    const startedMs = performance.now();
    const writers = startBusyWriters([client.store], seed, 100);
    const life = prepare(url.href, client.store.name, name, "project");
    let losses = 0;
    const lose = async (): Promise<void> => {
      const before = await checkpointOf(database, name);
      proxy.holdOnceSent("COMMIT");
      await until(`seed ${seed}: a commit to lose`, () => proxy.heldBytes > 0);
      proxy.drop();
      await until(`seed ${seed}: progress after loss ${++losses}`, async () => {
        life.assertRunning();
        return (await checkpointOf(database, name)) > before + 1;
      });
    };
    try {
      life.go();
      await life.handling();
      for (let n = 0; n < long(10, 100); n++) await lose();
      // An answer to a save of the position alone, which nobody awaits, is missed without a word.
      await until(`seed ${seed}: as many that it waits after`, async () => {
        if (waitsOf(life) >= long(5, 50)) return true;
        await lose();
        return false;
      });
    } finally {
      await writers.stop();
    }
    const events = await settle(client, { database, url: given }, name, life, seed);
    const seconds = (performance.now() - startedMs) / 1000;
    console.info(
      `${losses} answers to COMMIT lost: ${events} events, each once; ${seconds.toFixed(0)} s, ` +
        `seed ${seed}`,
    );
  },
);

/** Let a life that was never killed catch up, be live, and end; compare. */
async function settle(
  client: Client,
  postgres: Reachable,
  name: string,
  life: Life,
  seed: number,
): Promise<number> {
  const end = await client.store.end(selected);
  await until(
    "it to catch up",
    async () => (await checkpointOf(postgres.database, name)) >= end,
    60_000,
  );
  await until("it to be live", () => life.states.at(-1) === "live");
  await life.kill();
  return finish(client, postgres, name, seed);
}

/** How often it was without its database. */
function waitsOf({ states }: Life): number {
  return states.filter((state) => state === "waiting").length;
}

/** End the backends of a child's connections, or some of them. @returns how many there were */
async function cutConnections(database: Sql, name: string, which = ""): Promise<number> {
  const text = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 ${which}`;
  return (await database.query(text, [name])).rows.length;
}
