import { resolve } from "node:path";
import { ConfigError } from "../../event/errors.ts";
import { cacheDirectory, findCached, type ServerBinary } from "./cache.ts";
import { fetchServer } from "./fetch-server.ts";
import { findOnPath, isExecutable } from "./find-on-path.ts";
import { stderrProgress, type Progress } from "./progress.ts";
import {
  checkVersion,
  compareVersions,
  minimumServerVersion,
  readServerVersion,
} from "./version.ts";

/** What {@link resolveNatsServer} looks for, and how. */
export interface ResolveOptions {
  /** This binary and no other. */
  readonly binary?: string | undefined;
  /** The oldest version that will do, such as `"2.15.0"`. Default {@link minimumServerVersion}. */
  readonly minVersion?: string | undefined;
  /** May it be downloaded when this machine has none? Default true. */
  readonly fetch?: boolean | undefined;
  /** Told what is being fetched. Default: print it on the standard error. */
  readonly progress?: Progress | undefined;
  /** Gives up; a half-done download leaves nothing behind. */
  readonly signal?: AbortSignal | undefined;
  /** The environment that is looked at. Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** Where a server came from: named by the caller or the environment, found, or fetched just now. */
export type ServerSource = "option" | "environment" | "path" | "cache" | "release" | "debian";

/** A nats-server that runs on this machine and is new enough. */
export interface ResolvedServer extends ServerBinary {
  readonly source: ServerSource;
}

/**
 * Find a nats-server on this machine, or fetch one. In this order: the option `binary`; the variable
 * `NATS_SERVER_BIN`; `PATH`, where one that is too old is passed over; the user's cache; a release
 * archive whose digest is pinned here (`JETFOLD_NATS_MIRROR` names another host); the package of a
 * Debian archive that apt is set up with, signature checked, unpacked and never installed. What is
 * fetched goes to the cache (`JETFOLD_CACHE`), safely with several processes at once.
 * @throws {@link ConfigError} when `binary` or `NATS_SERVER_BIN` does not run or is too old;
 *   {@link UnavailableError} when nothing worked, telling what was tried and what can be done;
 *   {@link InvalidInputError} for a bad `minVersion`; the signal's reason when aborted.
 */
export async function resolveNatsServer(options: ResolveOptions = {}): Promise<ResolvedServer> {
  const { signal, env = process.env, progress = stderrProgress() } = options;
  const minVersion = checkVersion("minVersion", options.minVersion ?? minimumServerVersion);
  signal?.throwIfAborted();
  if (options.binary !== undefined) {
    const named = await demand(options.binary, "the option binary", minVersion, signal);
    return { ...named, source: "option" };
  }
  const variable = env["NATS_SERVER_BIN"];
  if (variable !== undefined && variable !== "") {
    const named = await demand(variable, "NATS_SERVER_BIN", minVersion, signal);
    return { ...named, source: "environment" };
  }
  const failures: string[] = [];
  const passOver = (line: string): void => {
    failures.push(line);
    progress(line);
  };
  const onPath = await findServerOnPath(env, minVersion, passOver, signal);
  if (onPath !== undefined) return { ...onPath, source: "path" };
  if (failures.length === 0) failures.push("PATH: no nats-server");
  const directory = cacheDirectory(env);
  const cached = await findCached(directory, { minVersion, progress, signal });
  if (cached !== undefined) return { ...cached, source: "cache" };
  failures.push(`cache: nothing of at least ${minVersion} in ${directory}`);
  const fetching = options.fetch ?? true;
  return fetchServer({ directory, minVersion, progress, signal, env, fetching, failures });
}

/** A binary somebody named must do; anything else would not be what they asked for. */
async function demand(
  named: string,
  origin: string,
  minVersion: string,
  signal: AbortSignal | undefined,
): Promise<ServerBinary> {
  // A bare name would be looked up on PATH when it is run.
  const path = resolve(named);
  if (!(await isExecutable(path))) {
    throw new ConfigError(`${origin} is ${path}, which is no executable file`);
  }
  const version = await readServerVersion(path, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${origin}: ${message}`, { cause: error });
  });
  if (compareVersions(version, minVersion) < 0) {
    throw new ConfigError(
      `${origin} is ${path}, nats-server ${version}; at least ${minVersion} is needed`,
    );
  }
  return { path, version };
}

async function findServerOnPath(
  env: NodeJS.ProcessEnv,
  minVersion: string,
  passOver: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<ServerBinary | undefined> {
  const path = await findOnPath("nats-server", env);
  if (path === undefined) return undefined;
  try {
    const version = await readServerVersion(path, signal);
    if (compareVersions(version, minVersion) >= 0) return { path, version };
    passOver(`PATH: ${path} is ${version}, older than ${minVersion}`);
  } catch (error) {
    signal?.throwIfAborted();
    passOver(`PATH: ${error instanceof Error ? error.message : String(error)}`);
  }
  return undefined;
}
