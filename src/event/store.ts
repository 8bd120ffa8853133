import type { Bucket } from "./bucket.ts";
import type { Import } from "./import.ts";
import type { Publish } from "./publish.ts";
import type { RootCache } from "./root-cache.ts";
import type { Replay } from "./replay.ts";
import type { Subscribe } from "./subscribe.ts";
import type { Truncate } from "./truncate.ts";

/** All that a backend gives. Ask for the capability you need (`Replay`, `Publish`) where you can. */
export interface EventStore extends Publish, Import, Replay, Subscribe, Truncate, AsyncDisposable {
  readonly name: string;
  /** Made with the store: tells it from one that was made anew under its name. */
  readonly storeId: string;
  /**
   * For how long the leader that answers may be one that was deposed, in milliseconds: what
   * contradicts something that was seen is believed when it is still so after this. @default 0
   */
  readonly doubtMs?: number;
  /** Aborts when the store is closed. */
  readonly signal: AbortSignal;
  /** Snapshots of aggregates: a cache, may be lost at any time. */
  readonly snapshots: Bucket;
  /** Checkpoints and the registry of projections. */
  readonly projections: Bucket;
  /** Roots of aggregates in memory, for as long as the store is open. */
  readonly roots: RootCache;
  /** Called with what deserves attention and stops nothing. Never throws: see `warnBy`. */
  readonly onWarning: (warning: StoreWarning) => void;
  /**
   * Work that nobody awaits and `close()` waits for: a snapshot on its way. A rejection becomes a
   * warning.
   */
  defer(work: Promise<unknown>, what: string): void;
  /**
   * End this store's subscriptions and reads, and wait for deferred work: some seconds at most, and
   * what is not done by then is given up with a warning (`"close"`). What the caller opened (the NATS
   * connection) stays open. Twice is once.
   */
  close(): Promise<void>;
}

/** Something that is allowed and risky, or that failed without harm. */
export interface StoreWarning {
  /** Stable: `"replicas"`, `"sync"`, `"old-server"`, `"snapshot"`, `"listener"` … */
  readonly code: string;
  readonly message: string;
  readonly cause?: unknown;
}
