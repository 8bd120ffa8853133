import { checkOptions, isMs, isSignal, type Rules } from "../../event/arguments.ts";
import { delay } from "../../event/backend/timer.ts";
import { InvalidInputError, UnavailableError } from "../../event/errors.ts";
import { readMonitor, type HealthView, type JetStreamView, type RoutesView } from "./monitor.ts";
import type { NatsServer } from "./nats-server.ts";

/** How long to wait, for a cluster to settle or for a leader. */
export interface WaitOptions {
  /** Default 30000: an election takes 4 to 9 s after its leader is lost (nats-server 2.15). */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const waitRules: Rules<WaitOptions> = { timeoutMs: isMs, signal: isSignal };

const pollMs = 20;

/** Several nats-servers of one cluster, on the loopback. `startNatsCluster` starts one. */
export class NatsCluster implements AsyncDisposable {
  /** Each with `kill`, `stop`, `restart`, `pause` and `resume` of its own. */
  readonly nodes: readonly NatsServer[];

  constructor(nodes: readonly NatsServer[]) {
    this.nodes = nodes;
  }

  /** The addresses of all nodes, with commas between, as in `NATS_URL`. */
  get url(): string {
    return this.urls.join(",");
  }

  /** The addresses of all nodes, for a client's list of servers. */
  get urls(): string[] {
    return this.nodes.map((node) => node.url);
  }

  /** The node of this name: `n1`, `n2` … @throws {@link InvalidInputError} for another name. */
  node(name: string): NatsServer {
    const found = this.nodes.find((node) => node.name === name);
    if (found !== undefined) return found;
    const names = this.nodes.map((node) => node.name).join(", ");
    throw new InvalidInputError("name", `must be one of ${names}`, name);
  }

  /**
   * Wait until every node runs, has a route to every other and agrees on the leader of JetStream.
   * @throws {@link UnavailableError} when that is not so in time; the signal's reason when aborted.
   */
  async ready(options: WaitOptions = {}): Promise<void> {
    await poll("the cluster is not ready", options, async () => {
      const views = await Promise.all(this.nodes.map((node) => viewOf(node, this.nodes.length)));
      const leader = views[0];
      return leader !== undefined && views.every((view) => view === leader) ? true : undefined;
    });
  }

  /**
   * The node that leads a stream, by its own account: a deposed leader that was paused may claim it
   * for a moment after it goes on, so wait until only one does.
   * @throws {@link UnavailableError} when none leads it in time, also for a stream that does not
   *   exist; the signal's reason when aborted.
   */
  async leaderOf(streamName: string, options: WaitOptions = {}): Promise<NatsServer> {
    return poll(`no node leads stream ${streamName}`, options, async () => {
      const leads = await Promise.all(this.nodes.map((node) => leadsStream(node, streamName)));
      const leaders = this.nodes.filter((_, index) => leads[index] === true);
      return leaders.length === 1 ? leaders[0] : undefined;
    });
  }

  /** Close every node. May be repeated. */
  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The JetStream leader in the eyes of a node that is well and sees all others. */
async function viewOf(node: NatsServer, size: number): Promise<string | undefined> {
  const { running, monitorUrl } = node;
  if (!running || monitorUrl === undefined) return undefined;
  const routes = await readMonitor<RoutesView>(monitorUrl, "/routez");
  const others = new Set(routes?.routes?.map((route) => route.remote_name));
  others.delete(node.name);
  if (others.size < size - 1) return undefined;
  const health = await readMonitor<HealthView>(monitorUrl, "/healthz");
  if (health?.status !== "ok") return undefined;
  const view = await readMonitor<JetStreamView>(monitorUrl, "/jsz");
  if (view?.meta_cluster?.cluster_size !== size) return undefined;
  return view.meta_cluster.leader;
}

async function leadsStream(node: NatsServer, streamName: string): Promise<boolean> {
  if (!node.running || node.monitorUrl === undefined) return false;
  const view = await readMonitor<JetStreamView>(node.monitorUrl, "/jsz?streams=1&config=1");
  const streams = view?.account_details?.flatMap((account) => account.stream_detail ?? []) ?? [];
  return streams.some(({ name, cluster }) => name === streamName && cluster?.leader === node.name);
}

async function poll<T>(
  failure: string,
  options: WaitOptions,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  checkOptions("a wait", options, waitRules);
  const timeoutMs = options.timeoutMs ?? 30_000;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new UnavailableError(`${failure} after ${timeoutMs} ms`);
    await delay(pollMs);
  }
}
