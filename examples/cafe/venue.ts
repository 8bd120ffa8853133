import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NatsStore } from "jetfold/nats";
import { type NatsServer, runningServerUrl, startNatsServer } from "jetfold/testing";
import { type OpenedStore, openStore } from "./open-store.ts";

/** What another thread must know to work in the same cafe. */
export interface Place {
  readonly servers: readonly string[];
  readonly storeName: string;
  /** Where read models are kept. */
  readonly directory: string;
}

/** Where the evening takes place: a store, and whatever it stands on. */
export interface Venue {
  readonly store: NatsStore;
  readonly place: Place;
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
    const storeName = `cafe-${randomUUID().slice(0, 8)}`;
    const opened = await openStore(servers, storeName);
    const directory = await mkdtemp(join(tmpdir(), "cafe-"));
    const { connection, store } = opened;
    const address = `nats-server ${connection.info?.version ?? ""} at ${connection.getServer()}`;
    const place = { servers, storeName, directory };
    return { store, place, address, close: () => closeAll(opened, directory, server) };
  } catch (error) {
    await server?.close();
    throw error;
  }
}

async function closeAll(
  { store, connection, close }: OpenedStore,
  directory: string,
  server: NatsServer | undefined,
): Promise<string[]> {
  const left: string[] = [];
  try {
    await store.close();
    if (server === undefined) left.push(...(await removeStore(connection, store.name)));
    await connection.drain();
  } finally {
    await close();
    await server?.close();
    await rm(directory, { recursive: true });
  }
  if (!connection.isClosed()) left.push("the connection");
  if (server?.running === true) left.push(`nats-server ${server.pid}`);
  if (server !== undefined && existsSync(server.storeDir)) left.push(server.storeDir);
  if (existsSync(directory)) left.push(directory);
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
