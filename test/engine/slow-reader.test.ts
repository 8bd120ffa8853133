import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { counted, CounterEvents, NoiseEvents, OtherEvents } from "../faults/counter.ts";
import { type Client, Site, storeName } from "../faults/site.ts";
import { until, within } from "../faults/until.ts";
import { writeMany } from "./large-store.ts";
import { Witness } from "./witness.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const mebibyte = 1 << 20;
const both = [CounterEvents, OtherEvents];

let site: Site;
let full: string;
beforeAll(async () => {
  site = await Site.start(1);
  full = storeName();
  const { store } = await site.client(full);
  await Promise.all([
    writeMany(store, { family: CounterEvents, aggregates: 40, commits: 125, bytes: 8_000 }),
    writeMany(store, { family: OtherEvents, aggregates: 10, commits: 20, bytes: 50_000 }),
    writeMany(store, { family: NoiseEvents, aggregates: 1, commits: 100, bytes: 100_000 }),
  ]);
});
afterAll(() => site.close());

/** Wait until a client is sent nothing more; gives how many bytes it was sent since `before`. */
async function settledBytes({ connection }: Client, before: number): Promise<number> {
  let last = -1;
  await until("nothing more to come", async () => {
    const { inBytes } = connection.stats();
    const still = inBytes === last;
    last = inBytes;
    await delay(150);
    return still && connection.stats().inBytes === inBytes;
  });
  return last - before;
}

/** How much a reader is sent that stands still at its first event, of so many mebibytes in all. */
async function sentToIdle(
  client: Client,
  source: AsyncIterable<{ readonly sequence: number }>,
): Promise<number> {
  const before = client.connection.stats().inBytes;
  let sent = 0;
  const standStill = async (): Promise<void> => {
    for await (const _ of source) {
      sent = (await settledBytes(client, before)) / mebibyte;
      return;
    }
  };
  await within("the reader", standStill(), 30_000);
  return sent;
}

test("a reader that stands still is sent a few mebibytes, however much there is", async () => {
  const client = await site.client(full);
  const { store } = client;
  const all = [CounterEvents, OtherEvents, NoiseEvents];
  const sent = {
    "a stream": await sentToIdle(client, store.replay(all)),
    "pages of one aggregate": await sentToIdle(client, store.replay(NoiseEvents.of("Noise-0"))),
    "merged pages": await sentToIdle(client, store.replay([OtherEvents, NoiseEvents])),
    "a subscription's history": await sentToIdle(client, store.subscribe(both)),
  };
  console.info("MiB sent to a reader that stands still", sent);
  // A page is 2 MiB; so is the server's first flow-control window (2.15), of which one is under way.
  expect(sent["a stream"]).toBeLessThan(10);
  expect(sent["a subscription's history"]).toBeLessThan(10);
  expect(sent["pages of one aggregate"]).toBeLessThan(4);
  expect(sent["merged pages"]).toBeLessThan(6);
  for (const mebibytes of Object.values(sent)) expect(mebibytes).toBeGreaterThan(0.1);
});

test("a live subscription whose reader stands still is sent a few mebibytes, and misses nothing", async () => {
  const name = storeName();
  const writer = await site.client(name);
  const reader = await site.client(name);
  const stopping = new AbortController();
  const before = reader.connection.stats().inBytes;
  const witness = new Witness();
  let sent = 0;
  let live = false;
  const onCaughtUp = (): void => void (live = true);
  const read = async (): Promise<void> => {
    const deliveries = reader.store.subscribe(both, { signal: stopping.signal, onCaughtUp });
    for await (const envelope of deliveries) {
      witness.take(envelope);
      if (witness.count === 1) {
        await writeMany(writer.store, {
          family: OtherEvents,
          aggregates: 40,
          commits: 100,
          bytes: 8_000,
        });
        sent = (await settledBytes(reader, before)) / mebibyte;
      }
      if (witness.count === 4_001) stopping.abort();
    }
  };
  const reading = read();
  reading.catch(() => undefined);
  await until("the subscription to be live", () => live);
  await writer.store.publish({
    family: CounterEvents,
    id: "first",
    expect: "new",
    events: [counted("w", 1)],
  });
  await within("the reader", reading, 30_000);
  expect(witness.count).toBe(4_001);
  console.info(`MiB sent to a live reader that stands still: ${sent.toFixed(1)}`);
  expect(sent).toBeGreaterThan(0.1);
  expect(sent).toBeLessThan(12);
});

/** What the process holds in buffers and could not let go, in mebibytes. */
function heldMebibytes(): number {
  // Buffers are freed aside; the second time waits for that.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers / mebibyte;
}

const slow = { timeout: 150_000 };

test("what waits for a reader that falls behind is little, and comes in order", slow, async () => {
  const name = storeName();
  const writer = await site.client(name);
  const commits = 24_000;
  const writing = { family: OtherEvents, aggregates: 60, commits: commits / 60, bytes: 4_000 };
  await writeMany(writer.store, writing);
  const reader = await site.client(name);
  const before = heldMebibytes();
  const witness = new Witness();
  let mostHeld = 0;
  const read = async (): Promise<void> => {
    for await (const envelope of reader.store.replay(OtherEvents)) {
      witness.take(envelope);
      // Slower than the server: the process has turns of its own for each event.
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      // However slow the machine is, it falls behind once.
      if (witness.count === 500) await until("some to wait", () => heldMebibytes() - before > 1);
      if (witness.count % 500 === 0) mostHeld = Math.max(mostHeld, heldMebibytes() - before);
    }
  };
  await within("the reader", read(), 100_000);
  expect(witness.count).toBe(commits);
  console.info(`MiB held for a reader that falls behind: ${mostHeld.toFixed(1)}`);
  // 16 MiB wait at most, and one batch is taken apart. The server's window grows to 32 MiB.
  expect(mostHeld).toBeLessThan(24);
});
