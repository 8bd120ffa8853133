import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { awaitReady } from "./await-ready.ts";
import type { LogRing } from "./log-ring.ts";
import type { ServerPorts } from "./ports-file.ts";
import { ServerProcess } from "./server-process.ts";

/** What stays the same over all runs of one server. */
export interface ServerSettings {
  readonly name: string;
  readonly version: string;
  /** The path of the program. */
  readonly binary: string;
  readonly configFile: string;
  readonly storeDir: string;
  /** This server's own; removed when it is closed. */
  readonly directory: string;
  readonly startTimeoutMs: number;
  /** Gets what every run prints. */
  readonly log: LogRing;
}

/** One run of a server that got ready. */
export interface ServerRun {
  readonly process: ServerProcess;
  readonly ports: ServerPorts;
}

/**
 * Start a process and wait until it is ready.
 * @param port For clients; -1 lets the server choose.
 * @throws as {@link awaitReady}; the process is gone then.
 */
export async function runServer(
  settings: ServerSettings,
  port: number,
  signal?: AbortSignal,
): Promise<ServerRun> {
  const { binary, configFile, storeDir, directory, log, startTimeoutMs: timeoutMs } = settings;
  // A directory for each run: a process that was killed leaves its file behind.
  const portsDirectory = await mkdtemp(join(directory, "ports-"));
  const args = ["-c", configFile, "-a", "127.0.0.1", "-p", String(port), "-m", "-1"];
  args.push("-js", "-sd", storeDir, "--ports_file_dir", portsDirectory);
  const process = new ServerProcess({ binary, args, log, directory });
  try {
    const ports = await awaitReady({ process, portsDirectory, log, timeoutMs, signal });
    return { process, ports };
  } catch (error) {
    await process.kill();
    throw error;
  }
}
