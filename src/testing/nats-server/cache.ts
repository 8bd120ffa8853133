import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UnavailableError } from "../../event/errors.ts";
import type { Progress } from "./progress.ts";
import { compareVersions, parseServerVersion, readServerVersion } from "./version.ts";

/** A binary that runs, and the version it says it is. */
export interface ServerBinary {
  readonly path: string;
  readonly version: string;
}

/** What {@link findCached} asks for. */
export interface CacheQuery {
  readonly minVersion: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /** Delete entries whose binary does not run; only for a caller that holds the fetch lock. */
  readonly removeBroken?: boolean;
}

/** What the binary is called, in the cache and in a release. */
export const binaryName: string = process.platform === "win32" ? "nats-server.exe" : "nats-server";

/** Fetches that were cut off leave their directory behind; after this long nobody still uses it. */
const leftoverAgeMs = 3_600_000;
const leftoverPrefix = ".fetch-";

/**
 * Where fetched servers are kept, one directory for each version: `jetfold/nats-server` below
 * `JETFOLD_CACHE`, or below the user's cache directory of this system.
 */
export function cacheDirectory(
  env: NodeJS.ProcessEnv,
  platform: string = process.platform,
): string {
  const chosen = env["JETFOLD_CACHE"];
  const base = chosen !== undefined && chosen !== "" ? resolve(chosen) : userCache(env, platform);
  return join(base, "jetfold", "nats-server");
}

/** The newest cached server of at least `minVersion` that runs; undefined when there is none. */
export async function findCached(
  directory: string,
  query: CacheQuery,
): Promise<ServerBinary | undefined> {
  const names = await readdir(directory).catch(() => []);
  const versions = names
    .filter((name) => parseServerVersion(name) === name)
    .filter((version) => compareVersions(version, query.minVersion) >= 0)
    .toSorted((a, b) => compareVersions(b, a));
  for (const name of versions) {
    const path = join(directory, name, binaryName);
    try {
      const version = await readServerVersion(path, query.signal);
      if (compareVersions(version, query.minVersion) >= 0) return { path, version };
    } catch {
      query.signal?.throwIfAborted();
      query.progress(`the cached nats-server ${name} does not run`);
    }
    if (query.removeBroken === true) await rm(join(directory, name), { recursive: true });
  }
  return undefined;
}

/**
 * Move a fetched binary into the cache, after it has told its version. Readers see the old file or
 * the whole new one; of several processes the last one wins, and each finds a binary that runs.
 * @throws {@link UnavailableError} when it does not run or is older than `minVersion`.
 */
export async function addToCache(
  directory: string,
  file: string,
  minVersion: string,
  signal?: AbortSignal,
): Promise<ServerBinary> {
  await chmod(file, 0o755);
  await flush(file);
  const version = await readServerVersion(file, signal);
  if (compareVersions(version, minVersion) < 0) {
    throw new UnavailableError(`its version is ${version}, older than ${minVersion}`);
  }
  const path = join(directory, version, binaryName);
  await mkdir(join(directory, version), { recursive: true });
  try {
    await rename(file, path);
  } catch (error) {
    // Windows does not replace a running program: then somebody else's copy is already good.
    const present = await readServerVersion(path, signal).catch(() => undefined);
    if (present !== version) throw error;
  }
  return { path, version };
}

/** Make a directory of one's own inside the cache, on its file system; the caller removes it. */
export async function makeFetchDirectory(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  return mkdtemp(join(directory, leftoverPrefix));
}

/** Delete what fetches that never finished left behind more than an hour ago. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (!name.startsWith(leftoverPrefix)) continue;
    const path = join(directory, name);
    const info = await stat(path).catch(() => undefined);
    if (info === undefined || Date.now() - info.mtimeMs < leftoverAgeMs) continue;
    await rm(path, { recursive: true, force: true });
  }
}

function userCache(env: NodeJS.ProcessEnv, platform: string): string {
  const home = homedir();
  if (platform === "darwin") return join(home, "Library", "Caches");
  if (platform === "win32") return env["LOCALAPPDATA"] ?? join(home, "AppData", "Local");
  const xdg = env["XDG_CACHE_HOME"];
  // A relative path is to be ignored: XDG base directory specification.
  return xdg?.startsWith("/") === true ? xdg : join(home, ".cache");
}

async function flush(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
