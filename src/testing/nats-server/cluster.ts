import { checkedThere, checkOptions, isMs, type Rules } from "../../event/arguments.ts";
import { randomBytes } from "node:crypto";
import type { ServerBinary } from "./cache.ts";
import { checkWholeNumber } from "./config.ts";
import { freePorts } from "./free-ports.ts";
import { launch, launchRules, resolveBinary, type LaunchOptions } from "./launch.ts";
import { NatsCluster } from "./nats-cluster.ts";
import type { NatsServer } from "./nats-server.ts";

/** How {@link startNatsCluster} runs its servers; each option is for every node. */
export interface NatsClusterOptions extends LaunchOptions {
  /** How many nodes, 3 to 7. Default 3. */
  readonly nodes?: number | undefined;
  /** The longest wait for the nodes to find each other and elect a leader. Default 30000. */
  readonly readyTimeoutMs?: number | undefined;
}

const clusterRules: Rules<NatsClusterOptions> = {
  ...launchRules,
  nodes: checkedThere,
  readyTimeoutMs: isMs,
};

/** Attempts to start when another program takes a port that was free a moment ago. */
const attempts = 3;

/**
 * Start a cluster of nats-servers on the loopback, named `n1`, `n2` …; streams of up to three
 * replicas can be made on it when this returns. The caller closes it.
 * @throws {@link UnavailableError} with the end of a log when a node does not get ready, and
 *   whatever `resolveNatsServer` throws; {@link InvalidInputError} for a bad option.
 */
export async function startNatsCluster(options: NatsClusterOptions = {}): Promise<NatsCluster> {
  checkOptions("startNatsCluster", options, clusterRules);
  const { nodes: size = 3, readyTimeoutMs: timeoutMs = 30_000, signal } = options;
  checkWholeNumber("nodes", size, 3, 7);
  const binary = await resolveBinary(options);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const cluster = await launchNodes(binary, options, size);
      await cluster.ready({ timeoutMs, signal }).catch(async (error: unknown) => {
        await cluster.close();
        throw error;
      });
      return cluster;
    } catch (error) {
      if (attempt === attempts || !isPortTaken(error)) throw error;
    }
  }
}

async function launchNodes(
  binary: ServerBinary,
  options: NatsClusterOptions,
  size: number,
): Promise<NatsCluster> {
  const routePorts = await freePorts(size);
  // A name of its own: a stray node of another cluster must not be let in.
  const name = `jetfold-${randomBytes(4).toString("hex")}`;
  const starts = routePorts.map((port, index) =>
    launch(binary, { ...options, name: `n${index + 1}` }, { name, port, routePorts }),
  );
  const settled = await Promise.allSettled(starts);
  const nodes: NatsServer[] = [];
  for (const start of settled) if (start.status === "fulfilled") nodes.push(start.value);
  const cluster = new NatsCluster(nodes);
  const failure = settled.find((start) => start.status === "rejected");
  if (failure === undefined) return cluster;
  await cluster.close();
  throw failure.reason;
}

/** Did a server fail because of a port? Its log is all there is to go by: Unix, then Windows. */
export function isPortTaken(error: unknown): boolean {
  return /address already in use|Only one usage of each socket address/.test(String(error));
}
