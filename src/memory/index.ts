/** A store in memory: for tests, and the reference of what a backend must do. */
export { MemoryLog } from "./memory-log.ts";
export { MemoryStore } from "./memory-store.ts";
export type { MemoryStoreOptions } from "./options.ts";
