/** Counts in files, with checkpoints in the store. */
import { connect } from "@nats-io/transport-node";
import { kvCheckpoints, observe } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { runInWorker, type WorkerContext, type WorkerModule } from "jetfold/worker";
import { counting, type Counts } from "./counts.ts";
import { FileCounts } from "./file-counts.ts";

export interface FileData {
  readonly url: string;
  readonly store: string;
  readonly directory: string;
}

const worker: WorkerModule<FileData, { counts(): Counts }> = runInWorker({
  async start({ data: { url, store: name, directory }, onState }: WorkerContext<FileData>) {
    const connection = await connect({ servers: url, maxReconnectAttempts: -1 });
    const store = await NatsStore.open(connection, { name, onWarning: () => undefined });
    const files = new FileCounts(directory);
    // It is killed from outside, and not by what it has in hand.
    const projection = counting(files, () => undefined, 1_000);
    const running = observe(store, projection, { checkpoints: kvCheckpoints(store), onState });
    return {
      running,
      queries: { counts: () => files.counts() },
      async close() {
        await store.close();
        await connection.close();
      },
    };
  },
});

export type FileWorker = typeof worker;
