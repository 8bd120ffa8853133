/** A tally in PostgreSQL. */
import { connect } from "@nats-io/transport-node";
import pg from "pg";
import { observe } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { postgresCheckpoints } from "jetfold/postgres";
import { runInWorker, type WorkerContext, type WorkerModule } from "jetfold/worker";
import { tally } from "../projections/tally.ts";

export interface TallyData {
  readonly url: string;
  readonly store: string;
  readonly database: string;
  readonly name: string;
}

const worker: WorkerModule<TallyData, Record<string, never>> = runInWorker({
  async start({ data, onState }: WorkerContext<TallyData>) {
    const pool = new pg.Pool({ connectionString: data.database, max: 2 });
    const connection = await connect({ servers: data.url, maxReconnectAttempts: -1 });
    const store = await NatsStore.open(connection, {
      name: data.store,
      onWarning: () => undefined,
    });
    const checkpoints = postgresCheckpoints(pool);
    return {
      running: observe(store, tally(data.name, "batch"), { checkpoints, onState }),
      async close() {
        await store.close();
        await connection.close();
        await pool.end();
      },
    };
  },
});

export type TallyWorker = typeof worker;
