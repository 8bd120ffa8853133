/** For tests: given/when/then, a real nats-server, and the contracts of stores and projections. */
export * from "./contract/index.ts";
export * from "./given.ts";
export * from "./nats-server/index.ts";
export * from "./projections/index.ts";
