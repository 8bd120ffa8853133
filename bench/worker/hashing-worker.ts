import { connect } from "@nats-io/transport-node";
import { observe } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { runInWorker, type WorkerContext, type WorkerModule } from "jetfold/worker";
import { hashing } from "./hashing.ts";

export interface HashingData {
  readonly url: string;
  readonly store: string;
}

const digests = new Map<string, string>();

const worker: WorkerModule<HashingData, { count(): number }> = runInWorker({
  async start({ data, onState }: WorkerContext<HashingData>) {
    const connection = await connect({ servers: data.url });
    const store = await NatsStore.open(connection, {
      name: data.store,
      create: false,
      onWarning: () => undefined,
    });
    return {
      running: observe(store, hashing(digests), { onState }),
      queries: { count: () => digests.size },
      async close() {
        await store.close();
        await connection.close();
      },
    };
  },
});

export type HashingWorker = typeof worker;
