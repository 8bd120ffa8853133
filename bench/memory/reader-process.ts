// Reads a store slowly, stops, and tells how much memory that took. Started by slow-reader.ts with
// a ReaderTask as its argument.
import { setTimeout as delay } from "node:timers/promises";
import { jetstream } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { NatsStore } from "jetfold/nats";
import { storeName } from "../site/site.ts";
import { Account } from "../work/account.ts";
import type { ReaderReport, ReaderTask } from "./reader-task.ts";

const task = JSON.parse(process.argv[2] ?? "") as ReaderTask;

const connection = await connect({ servers: task.url });
try {
  if (task.contender === "jetfold") await readByJetfold(connection);
  else await readByNatsjs(connection);
} finally {
  await connection.close();
  process.disconnect();
}

async function readByJetfold(by: NatsConnection): Promise<void> {
  await using store = await NatsStore.open(by, { name: storeName, onWarning: () => undefined });
  const events = store.subscribe(Account.events, { onCaughtUp: () => report("caught up") });
  await readSlowly(events, ({ event }) => event.cents);
}

async function readByNatsjs(by: NatsConnection): Promise<void> {
  const consumer = await jetstream(by).consumers.get(storeName, {});
  await readSlowly(await consumer.consume(), ({ data }) => data.length);
  await consumer.delete();
}

/** Take so many a second for a while, then none, and keep the iteration open meanwhile. */
async function readSlowly<T>(events: AsyncIterable<T>, use: (event: T) => number): Promise<void> {
  const idleBytes = await idle();
  let maxBytes = idleBytes;
  const sampling = setInterval(() => {
    maxBytes = Math.max(maxBytes, process.memoryUsage.rss());
  }, 20);
  let taken = 0;
  let used = 0;
  let startMs: number | undefined;
  for await (const event of events) {
    startMs ??= performance.now();
    used += use(event);
    taken++;
    while (performance.now() - startMs < task.readMs && aheadOf(taken, startMs)) await delay(5);
    if (performance.now() - startMs < task.readMs) continue;
    // It stops taking, and does not end: what comes meanwhile is somebody's memory.
    await delay(task.stopMs);
    break;
  }
  clearInterval(sampling);
  report({ idleBytes, maxBytes, taken, used });
}

function aheadOf(taken: number, startMs: number): boolean {
  return taken > ((performance.now() - startMs) / 1000) * task.perSecond;
}

/** What the process holds when nothing has been read. */
async function idle(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await delay(50);
  }
  return process.memoryUsage.rss();
}

function report(message: ReaderReport): void {
  process.send?.(message);
}
