import { readFile } from "node:fs/promises";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { NatsStore } from "jetfold/nats";
import { type NatsServer, startNatsCluster, startNatsServer } from "jetfold/testing";
import type { Context } from "../harness/scenario.ts";

/** The store of every key: its stream, and the first token of its subjects. */
export const storeName = "bench";

/** A server of one key, or three: file storage, default sync setting. */
export interface Site {
  readonly nodes: readonly NatsServer[];
  /** 1, or 3 on three nodes. */
  readonly replicas: number;
  /** A new connection; `disconnect` closes it. */
  connect(): Promise<NatsConnection>;
  /** The store, opened anew on a connection of its own; `disconnect` closes both. */
  openStore(): Promise<NatsStore>;
  /** Close all stores and connections that were opened so far. */
  disconnect(): Promise<void>;
}

/** Start servers for a key; they and their files go when the key is done. */
export async function openSite(context: Context, size: 1 | 3 = 1): Promise<Site> {
  const { resources, signal } = context;
  const nodes = await startNodes(context, size);
  const urls = nodes.map(({ url }) => url);
  const opened: { close(): Promise<unknown> }[] = [];
  const open = async (): Promise<NatsConnection> => {
    signal.throwIfAborted();
    const connection = await connect({ servers: urls, maxReconnectAttempts: -1 });
    opened.push(connection);
    return connection;
  };
  const site: Site = {
    nodes,
    replicas: size,
    connect: open,
    async openStore() {
      const options = { name: storeName, replicas: size, onWarning: () => undefined };
      const store = await NatsStore.open(await open(), options);
      opened.push(store);
      return store;
    },
    async disconnect() {
      for (const one of opened.splice(0).toReversed()) await one.close();
    },
  };
  return resources.keep("connections", site, () => site.disconnect());
}

async function startNodes(
  { resources, signal }: Context,
  size: 1 | 3,
): Promise<readonly NatsServer[]> {
  if (size === 1) {
    const server = await startNatsServer({ signal });
    return [resources.keep("a server", server, () => server.close())];
  }
  const cluster = await startNatsCluster({ signal });
  return resources.keep("a cluster", cluster, () => cluster.close()).nodes;
}

/** What the servers hold in memory, in MB; undefined where /proc does not tell. */
export async function residentMb({ nodes }: Site): Promise<number | undefined> {
  const sizes = await Promise.all(nodes.map(({ pid }) => residentMbOf(pid)));
  return sizes.reduce<number | undefined>(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
}

/** What one process holds in memory, in MB; undefined where /proc does not tell. */
async function residentMbOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
  const found = /^VmRSS:\s+(\d+) kB/m.exec(status);
  return found === null ? undefined : Number(found[1]) / 1024;
}
