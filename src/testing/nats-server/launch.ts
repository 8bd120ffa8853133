import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  checkedThere,
  checkOptions,
  isFlag,
  isFunction,
  isMs,
  isSignal,
  isText,
  type Rules,
} from "../../event/arguments.ts";
import type { ServerBinary } from "./cache.ts";
import { checkWholeNumber, serverConfig, type ClusterParts } from "./config.ts";
import { LogRing } from "./log-ring.ts";
import { NatsServer } from "./nats-server.ts";
import type { Progress } from "./progress.ts";
import { resolveNatsServer } from "./resolve.ts";
import { runServer } from "./run-server.ts";

const maxLogBytes = 1024 * 1024;

/** How every server of {@link startNatsServer} and `startNatsCluster` is run. */
export interface LaunchOptions {
  /** This binary; otherwise what `resolveNatsServer` finds or fetches. */
  readonly binary?: string | undefined;
  /** The oldest version that will do. Default {@link minimumServerVersion}. */
  readonly minVersion?: string | undefined;
  /** More configuration, in the server's own format; the options here win over it. */
  readonly config?: string | undefined;
  /** Flush every append to the disk before it is acknowledged. Default false, the server's own. */
  readonly syncAlways?: boolean | undefined;
  /** The largest message, up to 64 MiB. Default 1 MiB, the server's own. */
  readonly maxPayloadBytes?: number | undefined;
  /** The longest wait for a server to get ready, at every start. Default 15000. */
  readonly startTimeoutMs?: number | undefined;
  /** Told what is being fetched. Default: print it on the standard error. */
  readonly progress?: Progress | undefined;
  /** Print nothing when there is no `progress`. Default false. */
  readonly quiet?: boolean | undefined;
  /** Gives up the start; means nothing afterwards. */
  readonly signal?: AbortSignal | undefined;
}

/** How {@link startNatsServer} runs its server. */
export interface NatsServerOptions extends LaunchOptions {
  /** Default `nats`. */
  readonly name?: string | undefined;
  /** The port for clients, 1 to 65535. Default: one that is free. */
  readonly port?: number | undefined;
  /** Where JetStream keeps its streams; never removed. Default: a directory that `close` removes. */
  readonly storeDir?: string | undefined;
}

/** The other values are checked where they are used. */
export const launchRules: Rules<LaunchOptions> = {
  binary: isText,
  minVersion: isText,
  config: isText,
  syncAlways: isFlag,
  maxPayloadBytes: checkedThere,
  startTimeoutMs: isMs,
  progress: isFunction,
  quiet: isFlag,
  signal: isSignal,
};

const serverRules: Rules<NatsServerOptions> = {
  ...launchRules,
  name: isText,
  port: checkedThere,
  storeDir: isText,
};

/**
 * Start one nats-server on the loopback, with JetStream; it is ready when this returns. The caller
 * closes it.
 * @throws {@link UnavailableError} with the end of its log when it does not get ready in time, and
 *   whatever `resolveNatsServer` throws; {@link InvalidInputError} for a bad option.
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  checkOptions("startNatsServer", options, serverRules);
  const binary = await resolveBinary(options);
  return launch(binary, options, undefined);
}

/** The binary that the options stand for. */
export async function resolveBinary(options: LaunchOptions): Promise<ServerBinary> {
  const progress = options.progress ?? (options.quiet === true ? () => undefined : undefined);
  const { binary, minVersion, signal } = options;
  return resolveNatsServer({ binary, minVersion, signal, progress });
}

/** Start one server of a known binary, alone or as a node of a cluster. */
export async function launch(
  binary: ServerBinary,
  options: NatsServerOptions,
  cluster: ClusterParts | undefined,
): Promise<NatsServer> {
  const { port, name = "nats", startTimeoutMs = 15_000 } = options;
  if (port !== undefined) checkWholeNumber("port", port, 1, 65_535);
  const text = serverConfig({
    serverName: name,
    syncAlways: options.syncAlways === true,
    maxPayloadBytes: options.maxPayloadBytes,
    cluster,
    extra: options.config ?? "",
  });
  const directory = await mkdtemp(join(tmpdir(), "jetfold-nats-"));
  const storeDir =
    options.storeDir === undefined ? join(directory, "store") : resolve(options.storeDir);
  const configFile = join(directory, "server.conf");
  const log = new LogRing(maxLogBytes);
  const { path: binaryPath, version } = binary;
  const place = { binary: binaryPath, configFile, storeDir, directory };
  const settings = { name, version, startTimeoutMs, log, ...place };
  try {
    await mkdir(storeDir, { recursive: true });
    await writeFile(configFile, text, { mode: 0o600 });
    return new NatsServer(settings, await runServer(settings, port ?? -1, options.signal));
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
