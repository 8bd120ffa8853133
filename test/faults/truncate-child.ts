/** Truncates one aggregate and stands still at a step, to be killed there: `<url> <store> <step>`. */
import { connect } from "@nats-io/transport-node";
import { type EventStore, read, snapshotAndTruncate } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { Counter } from "./counter.ts";
import { wrapStore } from "./wrap-store.ts";

const [url, name, step] = process.argv.slice(2);

/** Say where it stands when this is the step to stop at, and go no further. */
async function reach(here: string): Promise<void> {
  if (here !== step) return;
  console.log(here);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}

const connection = await connect({ servers: url! });
const store = await NatsStore.open(connection, { name: name!, onWarning: () => undefined });
const halting: Partial<EventStore> = {
  publish: async (commit, options) => {
    await reach("before the base");
    const published = await store.publish(commit, options);
    await reach("after the base");
    return published;
  },
  truncate: async (family, id, before, options) => {
    await reach("before the purge");
    const deleted = await store.truncate(family, id, before, options);
    await reach("after the purge");
    return deleted;
  },
};
const root = await read(store, Counter, "a");
await snapshotAndTruncate(wrapStore(store, halting), Counter, root);
await store.close();
await connection.close();
