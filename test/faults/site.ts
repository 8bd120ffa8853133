import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import type { StoreWarning } from "jetfold";
import { NatsStore, type NatsStoreOptions } from "jetfold/nats";
import {
  type NatsCluster,
  type NatsServer,
  startNatsCluster,
  startNatsServer,
} from "../../src/testing/nats-server/index.ts";
import { TcpProxy } from "./tcp-proxy.ts";

/** How many nodes a test runs on, and what its stores are made with. */
export type Nodes = 1 | 3;

/** A client of a site: a connection of its own and a store on it. Close the site to close both. */
export interface Client {
  readonly connection: NatsConnection;
  readonly store: NatsStore;
}

/** Where a test file's stores live: one server or a cluster, and everybody who is connected to it. */
export class Site implements AsyncDisposable {
  readonly nodes: readonly NatsServer[];
  readonly cluster: NatsCluster | undefined;
  /** For stores opened from now on: 0 makes every read go to the server. */
  cachedRoots: number | undefined;
  readonly #onClose: (() => Promise<void>)[] = [];

  private constructor(nodes: readonly NatsServer[], cluster: NatsCluster | undefined) {
    this.nodes = nodes;
    this.cluster = cluster;
  }

  /** Start one server, or a cluster of three. The caller closes the site. */
  static async start(nodes: Nodes, config?: string): Promise<Site> {
    if (nodes === 1) return new Site([await startNatsServer({ config })], undefined);
    const cluster = await startNatsCluster({ config });
    return new Site(cluster.nodes, cluster);
  }

  get urls(): string[] {
    return this.nodes.map(({ url }) => url);
  }

  /** The first node; the only one when there is one. */
  get server(): NatsServer {
    return this.nodes[0]!;
  }

  /** Connect for as long as it takes, however often the server goes away. */
  async connect(options: NodeConnectionOptions = {}): Promise<NatsConnection> {
    const connection = await connect({
      servers: this.urls,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      reconnectTimeWait: 50,
      reconnectJitter: 0,
      ...options,
    });
    this.#onClose.push(() => connection.close());
    return connection;
  }

  /** A store of this name on a connection of its own. */
  async client(name: string, options: NodeConnectionOptions = {}): Promise<Client> {
    const connection = await this.connect(options);
    const store = await this.open(connection, name);
    return { connection, store };
  }

  /** A client whose every byte goes through a proxy in front of the first node. */
  async proxied(name: string): Promise<Client & { readonly proxy: TcpProxy }> {
    const proxy = await TcpProxy.start(this.server.port);
    this.#onClose.push(() => proxy.close());
    const client = await this.client(name, { servers: proxy.url, ignoreClusterUpdates: true });
    return { ...client, proxy };
  }

  /** The same store on a connection of its own, which no proxy cuts. */
  async connected({ store }: Pick<Client, "store">): Promise<Client> {
    return { connection: await this.connect(), store };
  }

  /** Open a store; on three nodes, with three replicas. */
  async open(
    connection: NatsConnection,
    name: string,
    onWarning: (warning: StoreWarning) => void = () => undefined,
    options: Partial<NatsStoreOptions> = {},
  ): Promise<NatsStore> {
    const replicas = this.nodes.length;
    const cached = this.cachedRoots === undefined ? {} : { cachedRoots: this.cachedRoots };
    const store = await NatsStore.open(connection, {
      name,
      replicas,
      onWarning,
      ...cached,
      ...options,
    });
    this.#onClose.push(() => store.close());
    return store;
  }

  /** End every client, then the servers. */
  async close(): Promise<void> {
    for (const close of this.#onClose.reverse()) await close();
    this.#onClose.length = 0;
    for (const node of this.nodes) if (node.running) node.resume();
    await Promise.all(this.nodes.map((node) => node.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

let stores = 0;

/** A name that no other store of this test run's site has. */
export function storeName(): string {
  return `store-${++stores}`;
}
