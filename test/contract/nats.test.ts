import { connect } from "@nats-io/transport-node";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, expect, test } from "vitest";
import { NatsStore } from "jetfold/nats";
import { skippedCases, startNatsServer, storeContract, type StoreHarness } from "jetfold/testing";

const server = await startNatsServer();
const connection = await connect({ servers: server.url });
const streams = (await jetstreamManager(connection)).streams;
afterAll(async () => {
  await connection.close();
  await server.close();
});

let opened = 0;
const harness: StoreHarness = {
  maxCommitBytes: connection.info!.max_payload,
  open: ({ name = `store-${opened++}`, onWarning = () => undefined, ...options } = {}) =>
    NatsStore.open(connection, { ...options, name, onWarning }),
  async putForeign(store, family, id, bytes) {
    await connection.request(`${store.name}.${family}.${id}`, bytes);
  },
  async payloadOf(store, seq) {
    return (await streams.getMessage(store.name, { seq }))!.data;
  },
  async readersOf(store) {
    return (await streams.info(store.name)).state.consumer_count;
  },
};

for (const { name, run, timeoutMs } of storeContract(harness)) test(name, () => run(), timeoutMs);

test("nothing is left out", () => {
  expect(skippedCases(harness)).toEqual([]);
});
