import type { EventStore } from "jetfold";
import { MemoryLog, MemoryStore } from "jetfold/memory";
import type { Site } from "../faults/site.ts";

/** Open a store as a process of its own would: nothing in memory is shared with the one before. */
export type Open = (name: string) => Promise<EventStore>;

export function inMemory(): Open {
  const logs = new Map<string, MemoryLog>();
  return async (name) => {
    const log = logs.get(name) ?? new MemoryLog();
    logs.set(name, log);
    return MemoryStore.open({ name, log });
  };
}

export function onJetStream(site: () => Site): Open {
  return async (name) => (await site().client(name)).store;
}
