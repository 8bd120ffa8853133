import {
  type Codec,
  ConfigError,
  type EventStore,
  type Sequence,
  type StoreWarning,
} from "../../event/index.ts";

/** What a backend's author gives to {@link storeContract}: how to open a store, and what lies below. */
export interface StoreHarness {
  /**
   * Open a store: a new and empty one when no name is given, otherwise the one that was opened under
   * this name before, with all it holds, beside those that are open already. The suite closes it.
   */
  open(options?: OpenOptions): Promise<EventStore>;
  /** Put bytes where the aggregate's next commit would lie, past all checks, as a stranger would. */
  putForeign?(store: EventStore, family: string, id: string, bytes: Uint8Array): Promise<void>;
  /** The bytes that are stored at a sequence, as they lie there. */
  payloadOf?(store: EventStore, sequence: Sequence): Promise<Uint8Array>;
  /** How many readers of this store there are outside this process: consumers on a server. */
  readersOf?(store: EventStore): Promise<number>;
  /** The largest commit that can be stored, its wrapping included. */
  readonly maxCommitBytes?: number;
  /**
   * Why this backend lacks a capability: `{ foreign: "its table has no place for other bytes" }`. The cases that
   * need it are left out, and {@link skippedCases} lists them with the reason.
   */
  readonly missing?: { readonly [Each in Capability]?: string };
}

/** What a backend may lack, if it says why. */
export type Capability = "reopen" | "foreign" | "payload" | "readers" | "size-limit";

/** What a store is opened with; what is absent is the backend's default. */
export interface OpenOptions {
  /** See {@link StoreHarness.open}; the `name` of a store that this harness opened. */
  readonly name?: string;
  readonly codec?: Codec;
  /** Further codecs to read with. */
  readonly codecs?: readonly Codec[];
  /** How many roots it keeps in memory: see `EventStore.roots`. */
  readonly cachedRoots?: number;
  readonly onWarning?: (warning: StoreWarning) => void;
}

/** Which member of the harness proves each capability; "reopen" is a promise of `open` itself. */
const proofs: { readonly [Each in Exclude<Capability, "reopen">]: keyof StoreHarness } = {
  foreign: "putForeign",
  payload: "payloadOf",
  readers: "readersOf",
  "size-limit": "maxCommitBytes",
};

/**
 * Check that each capability is either there or excused.
 * @throws {@link ConfigError} when one is neither or both
 */
export function checkHarness(harness: StoreHarness): void {
  for (const [capability, member] of Object.entries(proofs)) {
    const reason = harness.missing?.[capability as Capability];
    if (reason === "") throw new ConfigError(`missing.${capability} must say why`);
    if ((harness[member] === undefined) === (reason === undefined)) {
      throw new ConfigError(
        `the harness must have either ${member} or the reason missing.${capability}`,
      );
    }
  }
}
