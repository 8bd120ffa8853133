import type { EventStore } from "../../event/index.ts";
import type { Capability, OpenOptions, StoreHarness } from "./store-harness.ts";

/** The parts of the contract. */
export type ContractArea =
  | "publish"
  | "transact"
  | "import"
  | "replay"
  | "history"
  | "root"
  | "subscribe"
  | "truncate"
  | "bucket"
  | "lifecycle";

/** One guarantee of a store, ready to be proved by any test runner. */
export interface ContractCase {
  /** The guarantee; begins with its area, and is unique. */
  readonly name: string;
  readonly area: ContractArea;
  /** What the backend must have for it. */
  readonly needs?: readonly Capability[];
  /** It ends by itself well within this time, in milliseconds: the runner's limit must be as high. */
  readonly timeoutMs: number;
  /** Proves it on a store of its own; rejects when it does not hold. May be called unbound. */
  readonly run: () => Promise<void>;
}

/** A case that a harness leaves out. */
export interface SkippedCase {
  readonly name: string;
  readonly area: ContractArea;
  readonly capability: Capability;
  /** The harness's own words. */
  readonly reason: string;
}

/** A case before it meets a harness. */
export interface CaseDefinition {
  readonly guarantee: string;
  readonly needs?: readonly Capability[];
  /** What its store is opened with. */
  readonly options?: OpenOptions;
  /** Prove it once more on a store whose codec is JSON. */
  readonly alsoJson?: true;
  check(context: CaseContext): Promise<void>;
}

/** What a case works with. */
export interface CaseContext {
  /** New and empty. */
  readonly store: EventStore;
  readonly harness: StoreHarness;
  /** Open another store, or this one again; closed at the end of the case. */
  open(options?: OpenOptions): Promise<EventStore>;
}
