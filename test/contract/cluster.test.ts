import { connect } from "@nats-io/transport-node";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, describe, expect, test } from "vitest";
import { NatsStore } from "jetfold/nats";
import { skippedCases, startNatsCluster, storeContract, type StoreHarness } from "jetfold/testing";

const cluster = await startNatsCluster();
const connections = await Promise.all(cluster.urls.map((servers) => connect({ servers })));
const streams = (await jetstreamManager(connections[0]!)).streams;
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await cluster.close();
});

let opened = 0;
const harness: StoreHarness = {
  maxCommitBytes: connections[0]!.info!.max_payload,
  /** Each store on another node, so that nothing is proved on the leader's node alone. */
  open({ name = `store-${opened}`, onWarning = () => undefined, ...options } = {}) {
    const connection = connections[opened++ % connections.length]!;
    return NatsStore.open(connection, { ...options, name, onWarning, replicas: 3 });
  },
  async putForeign(store, family, id, bytes) {
    await connections[0]!.request(`${store.name}.${family}.${id}`, bytes);
  },
  async payloadOf(store, seq) {
    return (await streams.getMessage(store.name, { seq }))!.data;
  },
  async readersOf(store) {
    return (await streams.info(store.name)).state.consumer_count;
  },
};

const cases = storeContract(harness);

// Two lanes: in much of its time a case waits for the nodes to agree.
describe.concurrent.each([0, 1])("lane %i", (lane) => {
  for (const { name, run, timeoutMs } of cases.filter((_, i) => i % 2 === lane)) {
    test(name, { concurrent: false, timeout: timeoutMs }, () => run());
  }
});

test("nothing is left out", () => {
  expect(skippedCases(harness)).toEqual([]);
});
