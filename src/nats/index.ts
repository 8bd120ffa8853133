/** The store on NATS JetStream. */
export { NatsStore } from "./nats-store.ts";
export type { NatsStoreOptions } from "./options.ts";
