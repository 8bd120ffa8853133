import type { StartWorkerOptions } from "jetfold/worker";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type Client, Site, storeName } from "../faults/site.ts";
import type { MemoryData } from "./memory-worker.ts";
import { Threads } from "./threads.ts";
import { type MemoryScreen, startMemory } from "./worker-site.ts";

/** What each test of a file has: a store of its own, on the file's server. */
export interface Stage {
  readonly client: Client;
  /** Those that were started since the test began; at its end all must have ended. */
  readonly threads: Threads;
  /** Start the worker in memory, on this store. */
  start(data?: Partial<MemoryData>, options?: StartWorkerOptions): Promise<MemoryScreen>;
}

/** Set it up for the tests of the file that calls this. */
export function setStage(): Stage {
  let site: Site;
  let client: Client;
  let threads: Threads;
  beforeAll(async () => {
    site = await Site.start(1);
  });
  afterAll(() => site.close());
  beforeEach(async () => {
    client = await site.client(storeName());
    threads = new Threads();
  });
  afterEach(() => {
    threads.close();
    for (const thread of threads.all) expect(thread.threadId, "a thread was left").toBe(-1);
  });
  return {
    get client() {
      return client;
    },
    get threads() {
      return threads;
    },
    start: (data, options) => startMemory(site, client.store.name, data, options),
  };
}
