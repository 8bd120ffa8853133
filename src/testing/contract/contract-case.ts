import type { EventStore } from "../../event/index.ts";
import type { Case, Skipped } from "../case.ts";
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
  | "repair"
  | "bucket"
  | "lifecycle";

/** One guarantee of a store. */
export interface ContractCase extends Case<ContractArea, Capability> {}

/** A guarantee of a store that a harness leaves out. */
export interface SkippedCase extends Skipped<ContractArea, Capability> {}

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
