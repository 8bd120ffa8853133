/** The contract of a store, for authors of backends: what must hold, as cases for any test runner. */
export type { ContractArea, ContractCase, SkippedCase } from "./contract-case.ts";
export { skippedCases, storeContract } from "./contract.ts";
export type { Capability, OpenOptions, StoreHarness } from "./store-harness.ts";
