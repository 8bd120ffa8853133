/** The store on NATS JetStream. */
export { NatsStore, type NatsStoreOptions } from "./nats-store.ts";
