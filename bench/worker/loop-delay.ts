/** How long a CPU-heavy projection holds up the main thread, run there and in a worker. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { connect } from "@nats-io/transport-node";
import { type EventStore, observe } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { startNatsServer } from "jetfold/testing";
import { startWorker } from "jetfold/worker";
import { hashing, PictureEvents } from "./hashing.ts";
import type { HashingWorker } from "./hashing-worker.ts";

const events = 5_000;
const rounds = 5;
const name = "pictures";

/** What was seen while the projection read all events. */
interface Figures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly perSecond: number;
}

async function fill(store: EventStore): Promise<void> {
  const picture = new Uint8Array(4_096).fill(7);
  const publish = (n: number): Promise<unknown> =>
    store.publish({
      family: PictureEvents,
      id: `p${n}`,
      expect: "any",
      events: [{ type: "Photographed", picture }],
    });
  for (let n = 0; n < events; n += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, i) => publish(n + i)));
  }
}

/** @param work - reads all events; only then the delays count */
async function measured(work: () => Promise<void>): Promise<Figures> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const startMs = performance.now();
  await work();
  const perSecond = (events * 1_000) / (performance.now() - startMs);
  delays.disable();
  const [p50Ms, p99Ms] = [delays.percentile(50) / 1e6, delays.percentile(99) / 1e6];
  return { p50Ms, p99Ms, maxMs: delays.max / 1e6, perSecond };
}

async function outside(store: EventStore): Promise<Figures> {
  const digests = new Map<string, string>();
  return measured(async () => {
    const running = observe(store, hashing(digests));
    await running.caughtUp({ timeoutMs: 120_000 });
    await running.stop();
    assertAll(digests.size);
  });
}

async function inside(url: string): Promise<Figures> {
  return measured(async () => {
    await using worker = await startWorker<HashingWorker>(
      new URL("./hashing-worker.ts", import.meta.url),
      {
        data: { url, store: name },
        execArgv: ["--import", new URL("./register-tsx.mjs", import.meta.url).href],
      },
    );
    await worker.caughtUp({ timeoutMs: 120_000 });
    assertAll(await worker.query("count"));
  });
}

function assertAll(handled: number): void {
  if (handled !== events) throw new Error(`${handled} of ${events} events were handled`);
}

function print(what: string, { p50Ms, p99Ms, maxMs, perSecond }: Figures): void {
  const [p50, p99, max] = [p50Ms, p99Ms, maxMs].map((ms) => `${ms.toFixed(1)} ms`);
  console.log(`${what}: p50 ${p50}, p99 ${p99}, max ${max}; ${perSecond.toFixed(0)} events/s`);
}

function medianOf(all: readonly Figures[]): Figures {
  const median = (of: (figures: Figures) => number): number =>
    all.map(of).toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;
  return {
    p50Ms: median((f) => f.p50Ms),
    p99Ms: median((f) => f.p99Ms),
    maxMs: median((f) => f.maxMs),
    perSecond: median((f) => f.perSecond),
  };
}

await using server = await startNatsServer();
const connection = await connect({ servers: server.url });
const store = await NatsStore.open(connection, { name, onWarning: () => undefined });
await fill(store);
const found: Record<"outside" | "inside", Figures[]> = { outside: [], inside: [] };
for (let round = 1; round <= rounds; round++) {
  found.outside.push(await outside(store));
  found.inside.push(await inside(server.url));
  print(`round ${round}, on the main thread`, found.outside.at(-1)!);
  print(`round ${round}, in a worker`, found.inside.at(-1)!);
}
print(`median of ${rounds}, on the main thread`, medianOf(found.outside));
print(`median of ${rounds}, in a worker`, medianOf(found.inside));
await store.close();
await connection.close();
