/** For tests: given/when/then, a real nats-server, and the contract every store must keep. */
export * from "./contract/index.ts";
export * from "./given.ts";
export * from "./nats-server/index.ts";
