import { existsSync } from "node:fs";
import { appendFile, readdir } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { expect, onTestFinished, test, vi } from "vitest";
import { ConfigError, InvalidInputError, UnavailableError } from "../../src/event/errors.ts";
import {
  startNatsServer,
  type NatsServer,
  type NatsServerOptions,
} from "../../src/testing/nats-server/index.ts";
import { fakeServer, isAlive, temporaryDirectory } from "./temporary.ts";

// The first start may have to fetch the server.
vi.setConfig({ testTimeout: 60_000 });

async function start(options?: NatsServerOptions): Promise<NatsServer> {
  const server = await startNatsServer(options);
  onTestFinished(() => server.close());
  return server;
}

async function open(server: NatsServer): Promise<NatsConnection> {
  const connection = await connect({ servers: server.url, reconnect: false });
  onTestFinished(() => connection.close());
  return connection;
}

/** Store one message and return the stream's count. */
async function store(server: NatsServer): Promise<number> {
  const connection = await open(server);
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "KEPT", subjects: ["kept.>"] });
  await jetstream(connection).publish("kept.one", "data");
  return (await manager.streams.info("KEPT")).state.messages;
}

test("a server is ready for JetStream when it is returned, on the loopback alone", async () => {
  const server = await start();
  expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
  expect(server.urls).toEqual([server.url]);
  expect(server.version).toMatch(/^2\.\d+\.\d+/);
  expect(await store(server)).toBe(1);
  expect((await open(server)).info?.host).toBe("127.0.0.1");
  expect(existsSync(join(server.storeDir, "jetstream"))).toBe(true);
});

test("kill and stop keep the store, restart keeps the port", async () => {
  const server = await start();
  const { port, pid } = server;
  expect(await store(server)).toBe(1);
  await server.kill();
  expect(await isAlive(pid)).toBe(false);
  expect(server.running).toBe(false);
  await expect(open(server)).rejects.toThrow();

  await server.restart();
  expect(server.port).toBe(port);
  expect(server.pid).not.toBe(pid);
  expect(await store(server)).toBe(2);

  await server.stop();
  expect(server.running).toBe(false);
  await server.restart();
  expect(await store(server)).toBe(3);

  // One that runs is stopped first.
  await server.restart();
  expect(server.port).toBe(port);
  expect(await store(server)).toBe(4);
});

test("a paused server keeps its connections and answers nothing until it is resumed", async () => {
  const server = await start();
  const connection = await open(server);
  await connection.flush();
  await server.pause();
  let answered = false;
  const flushed = connection.flush().then(() => (answered = true));
  await expect(connection.request("nobody", "", { timeout: 200 })).rejects.toThrow(/timeout/i);
  expect(answered).toBe(false);
  expect(server.running).toBe(true);
  server.resume();
  await flushed;
  expect(connection.isClosed()).toBe(false);
});

test("a paused server can be stopped in order, and restarted", async () => {
  const server = await start();
  await server.pause();
  await server.stop();
  expect(server.running).toBe(false);
  // In order, not by force.
  expect((await server.exited).signal).toBeNull();
  await expect(server.pause()).rejects.toThrow(UnavailableError);
  await server.restart();
  expect(await store(server)).toBe(1);
});

test("close removes every trace, once, and means the end", async () => {
  const listeners = process.listenerCount("exit");
  const server = await start();
  const { pid, storeDir } = server;
  await Promise.all([server.close(), server.close()]);
  await server.close();
  expect(await isAlive(pid)).toBe(false);
  expect(existsSync(storeDir)).toBe(false);
  expect(process.listenerCount("exit")).toBe(listeners);
  await expect(server.restart()).rejects.toThrow(/is closed/);
});

test("await using closes the server", async () => {
  let pid = 0;
  {
    await using server = await startNatsServer();
    ({ pid } = server);
    expect(await isAlive(pid)).toBe(true);
  }
  expect(await isAlive(pid)).toBe(false);
});

test("a store directory of the caller is used and kept", async () => {
  const storeDir = join(await temporaryDirectory(), "store");
  const first = await start({ storeDir });
  await store(first);
  await first.close();
  expect(await readdir(storeDir)).toEqual(["jetstream"]);
  expect(await store(await start({ storeDir }))).toBe(2);
});

test("a server that dies on its own says how", async () => {
  const server = await start();
  process.kill(server.pid, "SIGKILL");
  expect(await server.exited).toEqual({ code: null, signal: "SIGKILL" });
  expect(server.running).toBe(false);
  await server.restart();
  expect(await store(server)).toBe(1);
});

test("options reach the server", async () => {
  const server = await start({
    maxPayloadBytes: 4096,
    syncAlways: true,
    config: "max_connections: 7",
    name: "mine",
  });
  const { info } = await open(server);
  expect(info).toMatchObject({ max_payload: 4096, server_name: "mine" });
  const config = await fetch(new URL("/jsz?config=1", server.monitorUrl));
  expect(await config.json()).toMatchObject({ config: { sync_always: true } });
  const variables = await fetch(new URL("/varz", server.monitorUrl));
  expect(await variables.json()).toMatchObject({ max_connections: 7 });
  expect(server.log()).toContain("Server is ready");
});

test("the caller's configuration does not move the server off its address or store", async () => {
  const config = `listen: "0.0.0.0:4999"\njetstream { max_file_store: 64MB }`;
  const server = await start({ config });
  expect(server.port).not.toBe(4999);
  expect((await open(server)).info?.host).toBe("127.0.0.1");
  expect(await store(server)).toBe(1);
  expect(existsSync(join(server.storeDir, "jetstream"))).toBe(true);
  const page = await fetch(new URL("/jsz?config=1", server.monitorUrl));
  expect(await page.json()).toMatchObject({ config: { max_storage: 64 * 1024 * 1024 } });
});

test("a server that cannot start is an error with the end of its log, and leaves nothing", async () => {
  const listeners = process.listenerCount("exit");
  const bad = startNatsServer({ config: "no_such_option_at_all: {" });
  await expect(bad).rejects.toThrow(UnavailableError);
  await expect(bad).rejects.toThrow(/ended with code 1 before it was ready; the end of its log/);

  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  await expect(startNatsServer({ port })).rejects.toThrow(/address already in use/);
  expect(process.listenerCount("exit")).toBe(listeners);
});

test("a server that never gets ready is given up after the deadline", async () => {
  const directory = await temporaryDirectory();
  const binary = await fakeServer(join(directory, "hangs"), "2.15.1");
  await appendFile(binary, '[ "$1" = --version ] || exec sleep 60\n');
  const starting = startNatsServer({ binary, startTimeoutMs: 200 });
  await expect(starting).rejects.toThrow(
    /is not ready after 200 ms; the end of its log:\nnats-ser/,
  );
});

test("a start can be aborted", async () => {
  const reason = new Error("enough");
  await expect(startNatsServer({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("bad options are refused", async () => {
  for (const port of [0, -1, 65_536, 1.5, Number.NaN]) {
    await expect(startNatsServer({ port })).rejects.toThrow(InvalidInputError);
  }
  await expect(startNatsServer({ maxPayloadBytes: 2 ** 27 })).rejects.toThrow(InvalidInputError);
  const undone = startNatsServer({ syncAlways: true, config: "jetstream { }" });
  await expect(undone).rejects.toThrow(ConfigError);
});
