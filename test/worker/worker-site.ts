import type { EventStore } from "jetfold";
import { startWorker, type StartWorkerOptions, type WorkerProjection } from "jetfold/worker";
import type { QueriesOf } from "jetfold/worker";
import { counted, CounterEvents } from "../faults/counter.ts";
import type { Site } from "../faults/site.ts";
import { execArgv } from "./exec-argv.ts";
import type { MemoryData, MemoryWorker } from "./memory-worker.ts";

export type MemoryScreen = WorkerProjection<QueriesOf<MemoryWorker>>;

/** The worker in memory, on a store of this site. */
export function startMemory(
  site: Site,
  store: string,
  data: Partial<MemoryData> = {},
  options: StartWorkerOptions = {},
): Promise<MemoryScreen> {
  return startWorker<MemoryWorker>(new URL("./memory-worker.ts", import.meta.url), {
    data: { url: site.server.url, store, ...data },
    execArgv,
    restart: { firstMs: 5, longestMs: 50 },
    ...options,
  });
}

/** Store so many commits of one aggregate. @returns the last one's sequence */
export async function write(
  store: EventStore,
  steps: number,
  id = "a",
  first = 1,
): Promise<number> {
  let last = 0;
  for (let step = first; step < first + steps; step++) {
    const events = [counted(id, step)];
    const published = await store.publish({ family: CounterEvents, id, expect: "any", events });
    last = published.head.sequence;
  }
  return last;
}
