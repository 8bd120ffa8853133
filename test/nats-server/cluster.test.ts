import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { InvalidInputError, UnavailableError } from "../../src/event/errors.ts";
import { isPortTaken } from "../../src/testing/nats-server/cluster.ts";
import {
  resolveNatsServer,
  startNatsCluster,
  type NatsCluster,
  type NatsClusterOptions,
} from "../../src/testing/nats-server/index.ts";
import { launch } from "../../src/testing/nats-server/launch.ts";
import { eventually, isAlive } from "./temporary.ts";

// An election that nobody wins is repeated after 4 to 9 s.
vi.setConfig({ testTimeout: 60_000 });

async function start(options?: NatsClusterOptions): Promise<NatsCluster> {
  const cluster = await startNatsCluster(options);
  onTestFinished(() => cluster.close());
  return cluster;
}

async function manage(cluster: NatsCluster): Promise<JetStreamManager> {
  const connection = await connect({ servers: cluster.urls, maxReconnectAttempts: -1 });
  onTestFinished(() => connection.close());
  return jetstreamManager(connection);
}

test("streams of three replicas can be made as soon as the cluster is returned", async () => {
  const cluster = await start({ syncAlways: true });
  expect(cluster.nodes.map((node) => node.name)).toEqual(["n1", "n2", "n3"]);
  expect(new Set(cluster.urls).size).toBe(3);
  expect(cluster.url).toBe(cluster.urls.join(","));
  const manager = await manage(cluster);
  const info = await manager.streams.add({ name: "R3", subjects: ["r3.>"], num_replicas: 3 });
  expect(info.cluster?.replicas).toHaveLength(2);
});

test("the leader of a stream can be found, killed and restarted without losing data", async () => {
  const cluster = await start();
  const manager = await manage(cluster);
  await manager.streams.add({ name: "R3", subjects: ["r3.>"], num_replicas: 3 });
  await manager.jetstream().publish("r3.one", "data");

  const leader = await cluster.leaderOf("R3");
  expect((await manager.streams.info("R3")).cluster?.leader).toBe(leader.name);
  const { port } = leader;
  await leader.kill();
  const next = await cluster.leaderOf("R3");
  expect(next.name).not.toBe(leader.name);

  await leader.restart();
  expect(leader.port).toBe(port);
  await cluster.ready();
  await eventually(async () => {
    const { cluster: peers } = await manager.streams.info("R3");
    return peers?.replicas?.every((replica) => replica.current) === true;
  }, 20_000);
  expect((await manager.streams.info("R3")).state.messages).toBe(1);
});

test("a paused leader is replaced, and there is one leader again after it goes on", async () => {
  const cluster = await start();
  const manager = await manage(cluster);
  await manager.streams.add({ name: "R3", subjects: ["r3.>"], num_replicas: 3 });
  const leader = await cluster.leaderOf("R3");
  await leader.pause();
  const next = await cluster.leaderOf("R3");
  expect(next.name).not.toBe(leader.name);
  leader.resume();
  await cluster.ready();
  expect(await cluster.leaderOf("R3")).toBeDefined();
});

test("waiting for the leader of a stream that is not there ends at the deadline", async () => {
  const cluster = await start();
  const leading = cluster.leaderOf("NONE", { timeoutMs: 100 });
  await expect(leading).rejects.toThrow(UnavailableError);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  await expect(cluster.leaderOf("NONE", { signal })).rejects.toBe(reason);
  await cluster.node("n2").kill();
  await expect(cluster.ready({ timeoutMs: 100 })).rejects.toThrow(/not ready after 100 ms/);
  expect(() => cluster.node("n9")).toThrow(InvalidInputError);
});

test("close ends every node, and can be repeated", async () => {
  const listeners = process.listenerCount("exit");
  const cluster = await start();
  const pids = cluster.nodes.map((node) => node.pid);
  await Promise.all([cluster.close(), cluster.close()]);
  for (const pid of pids) expect(await isAlive(pid)).toBe(false);
  expect(process.listenerCount("exit")).toBe(listeners);
});

test("a cluster whose nodes cannot start is an error, and nothing is left running", async () => {
  const listeners = process.listenerCount("exit");
  const bad = startNatsCluster({ config: "broken: {" });
  await expect(bad).rejects.toThrow(/before it was ready/);
  expect(process.listenerCount("exit")).toBe(listeners);
  await expect(startNatsCluster({ nodes: 2 })).rejects.toThrow(InvalidInputError);
});

test("a route port that somebody took is told apart, so that others are tried", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const binary = await resolveNatsServer();
  const failure = await launch(binary, {}, { name: "c", port, routePorts: [port] }).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(UnavailableError);
  expect(isPortTaken(failure)).toBe(true);
  expect(isPortTaken(new UnavailableError("nats-server ended with code 1"))).toBe(false);
});
