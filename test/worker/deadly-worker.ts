/** Ends its thread at an event of the aggregate "bad". */
import { appendFileSync } from "node:fs";
import { connect } from "@nats-io/transport-node";
import { defineProjection, kvCheckpoints, observe } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { runInWorker, type WorkerContext, type WorkerModule } from "jetfold/worker";
import { CounterEvents } from "../faults/counter.ts";

export interface DeadlyData {
  readonly url: string;
  readonly store: string;
  /** Gets a line for each event that is handled. */
  readonly file: string;
  /** It throws in a timer that it does not wait for ("later"), or ends the thread. */
  readonly how: "exit" | "later";
  readonly where: "project" | "effect";
  readonly policy: "stop" | "park";
  readonly retries: number;
}

const worker: WorkerModule<DeadlyData, Record<string, never>> = runInWorker({
  async start({ data }: WorkerContext<DeadlyData>) {
    const { where, file, how, policy, retries } = data;
    const connection = await connect({ servers: data.url });
    const store = await NatsStore.open(connection, {
      name: data.store,
      onWarning: () => undefined,
    });
    const handle = ({ id }: { readonly id: string }): void => {
      appendFileSync(file, `${id}\n`);
      if (id !== "bad") return;
      if (how === "exit") process.exit(1);
      setTimeout(() => {
        throw new Error("later");
      }, 0);
    };
    const projection = defineProjection({
      name: `deadly-${how}-${where}`,
      events: CounterEvents,
      project: where === "project" ? handle : () => undefined,
      ...(where === "effect" && { effect: handle }),
      onError: { retries, firstMs: 1, longestMs: 1, policy },
    });
    const running = observe(store, projection, { checkpoints: kvCheckpoints(store) });
    return { running, close: () => connection.close() };
  },
});

export type DeadlyWorker = typeof worker;
