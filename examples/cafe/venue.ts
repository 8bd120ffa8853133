import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { existsSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { NatsStore } from "jetfold/nats";
import { type NatsServer, runningServerUrl, startNatsServer } from "jetfold/testing";

/** Where the evening takes place: a store, and whatever it stands on. */
export interface Venue {
  readonly store: NatsStore;
  /** Which server it is. */
  readonly address: string;
  /** Shut down in order and remove everything. Resolves with what is left behind: nothing. */
  close(): Promise<string[]>;
}

/** Open a store of its own on the server of `NATS_URL`, or on one started for it. */
export async function openVenue(signal: AbortSignal): Promise<Venue> {
  const running = runningServerUrl();
  const server = running === undefined ? await startNatsServer({ signal }) : undefined;
  const servers = running?.split(",") ?? server!.urls;
  try {
    const connection = await connect({ servers });
    const store = await openStore(connection);
    const version = connection.info?.version ?? "";
    const address = `nats-server ${version} at ${connection.getServer()}`;
    return { store, address, close: () => closeAll(store, connection, server) };
  } catch (error) {
    await server?.close();
    throw error;
  }
}

async function openStore(connection: NatsConnection): Promise<NatsStore> {
  try {
    const name = `cafe-${randomUUID().slice(0, 8)}`;
    // A cafe for one evening can do without replicas and without syncing every write to disk.
    const expected = new Set(["replicas", "sync"]);
    return await NatsStore.open(connection, {
      name,
      onWarning: ({ code, message }) => {
        if (!expected.has(code)) process.emitWarning(message, { code });
      },
    });
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function closeAll(
  store: NatsStore,
  connection: NatsConnection,
  server: NatsServer | undefined,
): Promise<string[]> {
  const left: string[] = [];
  try {
    await store.close();
    if (server === undefined) left.push(...(await removeStore(connection, store.name)));
    await connection.drain();
  } finally {
    await connection.close();
    await server?.close();
  }
  if (!connection.isClosed()) left.push("the connection");
  if (server?.running === true) left.push(`nats-server ${server.pid}`);
  if (server !== undefined && existsSync(server.storeDir)) left.push(server.storeDir);
  return left;
}

/** The stream of the events, and the ones below the two buckets. Gives back what would not go. */
async function removeStore(connection: NatsConnection, name: string): Promise<string[]> {
  const { streams } = await jetstreamManager(connection);
  for (const stream of [name, `KV_${name}-snapshots`, `KV_${name}-projections`]) {
    await streams.delete(stream);
  }
  const names: string[] = [];
  for await (const stream of streams.names()) names.push(stream);
  return names.filter((stream) => stream.includes(name));
}
