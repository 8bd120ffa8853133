/**
 * A real nats-server for tests and for trying things out, without containers: found on this machine
 * or fetched once, then started, killed, paused and restarted at will.
 */
export { startNatsCluster, type NatsClusterOptions } from "./cluster.ts";
export { startNatsServer, type LaunchOptions, type NatsServerOptions } from "./launch.ts";
export type { NatsCluster, WaitOptions } from "./nats-cluster.ts";
export type { NatsServer } from "./nats-server.ts";
export type { Progress } from "./progress.ts";
export {
  resolveNatsServer,
  type ResolvedServer,
  type ResolveOptions,
  type ServerSource,
} from "./resolve.ts";
export { runningServerUrl } from "./running-server.ts";
export type { ServerExit } from "./server-process.ts";
export { minimumServerVersion } from "./version.ts";
