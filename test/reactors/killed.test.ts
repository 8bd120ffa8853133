import { setTimeout as delay } from "node:timers/promises";
import type { EventStore } from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { crash } from "../projections/crashes.ts";
import { Life } from "../projections/life.ts";
import { storedPosition } from "../projections/stored-position.ts";
import { long } from "../projections/long.ts";
import { OrderEvents, outcome, place, plenty } from "./warehouse.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** Customers who order again and again, each of a few things, until told to stop. */
function order(store: EventStore, random: () => number, signal: AbortSignal): Promise<number> {
  const customer = async (): Promise<number> => {
    let placed = 0;
    for (; !signal.aborted; placed++) {
      const [id, sku] = [`o${Math.floor(random() * 40)}`, `thing-${Math.floor(random() * 4)}`];
      const quantity = placed % 40 === 0 ? plenty + 1 : 1;
      await place(store, id, { sku, quantity });
      await delay(random() * 80);
    }
    return placed;
  };
  return Promise.all([customer(), customer()]).then(([a, b]) => a + b);
}

/** How many of each order's events there must be, and are. */
async function counts(
  store: EventStore,
): Promise<Map<string, { placed: number; settled: number }>> {
  const orders = new Map<string, { placed: number; settled: number }>();
  for await (const { id, type } of store.replay(OrderEvents)) {
    const count = orders.get(id) ?? { placed: 0, settled: 0 };
    orders.set(id, count);
    if (type === "Placed") count.placed++;
    else count.settled++;
  }
  return orders;
}

test(
  "the commands of a reactor that is killed again and again are stored once",
  { timeout: 900_000 },
  async () => {
    const { store } = await site.client(storeName());
    const seed = seedOf();
    const startedMs = performance.now();
    const begin = (): Life =>
      Life.prepare("../reactors/killed-child.ts", [site.server.url, store.name]);
    const stopping = new AbortController();
    const ordering = order(store, randomFrom(seed), stopping.signal);
    const { kills, moved, interrupted } = await crash({
      kills: long(6, 100),
      longestMs: 500,
      random: randomFrom(seed + 1),
      prepare: begin,
      checkpoint: () => storedPosition(store, "fulfilment"),
      end: () => store.end(OrderEvents.only("Placed")),
    }).finally(() => stopping.abort());
    const placed = await ordering;
    const last = begin();
    last.go();
    const end = await store.end(OrderEvents.only("Placed"));
    const caughtUp = async (): Promise<boolean> => {
      last.assertRunning();
      return (await storedPosition(store, "fulfilment")) >= end;
    };
    await until(`seed ${seed}: the last life`, caughtUp, 120_000);
    await last.kill();

    const orders = await counts(store);
    const wrong = [...orders].filter(([, { placed, settled }]) => placed !== settled);
    const lines = await outcome(store);
    const tally = (what: string): number => lines.filter((line) => line.endsWith(what)).length;
    const seconds = (performance.now() - startedMs) / 1000;
    console.info(
      `killed ${kills} times, ${interrupted} of them with work left, the checkpoint had moved in ` +
        `${moved} lives: ${placed} orders, ${tally("confirmed")} confirmed, ` +
        `${tally("cancelled")} cancelled, each once; ${seconds.toFixed(0)} s, seed ${seed}`,
    );
    expect(wrong, `seed ${seed}`).toEqual([]);
    expect(tally("confirmed") + tally("cancelled"), `seed ${seed}`).toBe(placed);
    expect(tally("reserved"), `seed ${seed}`).toBe(tally("confirmed"));
    expect(tally("cancelled"), `seed ${seed}: each customer's first`).toBeGreaterThanOrEqual(2);
    expect(moved, `seed ${seed}`).toBeGreaterThan(kills / 5);
  },
);
