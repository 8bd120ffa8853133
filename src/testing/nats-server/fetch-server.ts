import { rm } from "node:fs/promises";
import { isJetfoldError, UnavailableError } from "../../event/errors.ts";
import {
  addToCache,
  findCached,
  makeFetchDirectory,
  removeLeftovers,
  type ServerBinary,
} from "./cache.ts";
import { debianSuites, debianTools, fetchDebian } from "./fetch-debian.ts";
import { withFetchLock } from "./fetch-lock.ts";
import { fetchRelease, releaseSource } from "./fetch-release.ts";
import type { Progress } from "./progress.ts";
import { pinnedVersion, releaseAsset, releasePlatform } from "./releases.ts";
import { compareVersions } from "./version.ts";

/** What {@link fetchServer} is to fetch, and what is known already. */
export interface ServerFetch {
  /** The cache directory. */
  readonly directory: string;
  readonly minVersion: string;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** False: fail with what was tried so far. */
  readonly fetching: boolean;
  /** One line for each place that had no server; fetching adds its own. */
  readonly failures: string[];
}

type Fetched = ServerBinary & { readonly source: "cache" | "release" | "debian" };

/**
 * Fetch a server into the cache: the pinned release, else Debian's package. Of several processes
 * one fetches and the others find its result.
 * @throws {@link UnavailableError} listing every failure; the signal's reason when aborted.
 */
export async function fetchServer(wanted: ServerFetch): Promise<Fetched> {
  const { directory, failures, progress, signal, minVersion } = wanted;
  if (!wanted.fetching) {
    failures.push("download: switched off");
    throw nothingFound(wanted);
  }
  const onWait = (): void => progress("another process is fetching nats-server; waiting for it");
  try {
    return await withFetchLock(directory, { signal, onWait }, async () => {
      await removeLeftovers(directory);
      // What is broken was told before the wait for the lock.
      const query = { minVersion, progress: () => undefined, signal, removeBroken: true };
      const cached = await findCached(directory, query);
      if (cached !== undefined) return { ...cached, source: "cache" };
      const fetched = (await tryRelease(wanted)) ?? (await tryDebian(wanted));
      if (fetched !== undefined) return fetched;
      throw nothingFound(wanted);
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (isJetfoldError(error)) throw error;
    failures.push(`cache: ${messageOf(error)}; JETFOLD_CACHE can name another directory`);
    throw nothingFound(wanted, error);
  }
}

async function tryRelease(wanted: ServerFetch): Promise<Fetched | undefined> {
  const { progress, signal } = wanted;
  const baseUrl = releaseSource(wanted.env);
  return attempt("release", "release", wanted, async (directory) => {
    const platform = releasePlatform(process.platform, process.arch);
    const asset = releaseAsset(platform);
    if (asset === undefined) throw new UnavailableError(`no digest is pinned for ${platform}`);
    if (compareVersions(pinnedVersion, wanted.minVersion) < 0) {
      throw new UnavailableError(`the pinned ${pinnedVersion} is older than ${wanted.minVersion}`);
    }
    return fetchRelease({ asset, baseUrl, directory, progress, signal });
  });
}

async function tryDebian(wanted: ServerFetch): Promise<Fetched | undefined> {
  const { env, progress, signal } = wanted;
  if (process.platform !== "linux") return undefined;
  const tools = await debianTools(env).catch((error: unknown) => {
    wanted.failures.push(`Debian package: ${messageOf(error)}`);
  });
  const mirror = tools?.mirrors[0];
  if (!tools || mirror === undefined) return undefined;
  for (const suite of debianSuites) {
    const found = await attempt("debian", `Debian package (${suite})`, wanted, (directory) =>
      fetchDebian({ tools, suite, mirror, directory, env, progress, signal }),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Run one way of fetching in a directory of its own; a failure is noted, not thrown. */
async function attempt(
  source: "release" | "debian",
  title: string,
  wanted: ServerFetch,
  fetchInto: (directory: string) => Promise<string>,
): Promise<Fetched | undefined> {
  const work = await makeFetchDirectory(wanted.directory);
  try {
    const file = await fetchInto(work);
    const added = await addToCache(wanted.directory, file, wanted.minVersion, wanted.signal);
    wanted.progress(`nats-server ${added.version} is in ${added.path}`);
    return { ...added, source };
  } catch (error) {
    wanted.signal?.throwIfAborted();
    const line = `${title}: ${messageOf(error)}`;
    wanted.failures.push(line);
    wanted.progress(line);
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function nothingFound(wanted: ServerFetch, cause?: unknown): UnavailableError {
  const text = `no nats-server of at least ${wanted.minVersion}. Tried:
${wanted.failures.map((line) => `  - ${line}`).join("\n")}
Choose one:
  - install nats-server ${wanted.minVersion} or newer and put it on PATH, or name it in NATS_SERVER_BIN
  - set NATS_URL where a running server will do
  - allow the network, or name a host that mirrors the releases in JETFOLD_NATS_MIRROR`;
  return new UnavailableError(text, cause === undefined ? undefined : { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
