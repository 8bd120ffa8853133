import { checkedThere, isFunction, isObject, type Rules, wholeFrom } from "../event/arguments.ts";
import type { StoreWarning } from "../event/index.ts";
import { type CodecOptions, codecRules } from "../event/backend/index.ts";
import type { MemoryLog } from "./memory-log.ts";

/** How a `MemoryStore` is opened. */
export interface MemoryStoreOptions extends CodecOptions {
  /** @default "memory" */
  readonly name?: string;
  /** What it holds; share one between stores as processes share a server. @default a new one */
  readonly log?: MemoryLog;
  /** The largest commit it takes, in bytes. @default 1 MiB, as nats-server's max_payload */
  readonly maxCommitBytes?: number;
  /** See `NatsStoreOptions.cachedRoots`. @default 10000 */
  readonly cachedRoots?: number;
  /**
   * Told what deserves attention and stops nothing, listeners that throw among it.
   * @default the process's warnings, which also hear what this one throws
   */
  readonly onWarning?: (warning: StoreWarning) => void;
}

export const storeRules: Rules<MemoryStoreOptions> = {
  ...codecRules,
  name: checkedThere,
  log: isObject,
  maxCommitBytes: wholeFrom(1),
  cachedRoots: checkedThere,
  onWarning: isFunction,
};
