import { readdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigError, UnavailableError } from "../../src/event/errors.ts";
import { cacheDirectory } from "../../src/testing/nats-server/cache.ts";
import { findOnPath } from "../../src/testing/nats-server/find-on-path.ts";
import { stderrProgress, type Progress } from "../../src/testing/nats-server/progress.ts";
import { fetchPostgres, findCachedPostgres } from "./fetch-postgres.ts";
import { readInstallation, type PostgresInstallation } from "./installation.ts";

/** How {@link resolvePostgres} looks. */
export interface ResolvePostgresOptions {
  /** May it be fetched where it is not on the machine? Default true. */
  readonly fetch?: boolean;
  /** The environment that is looked at. Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Told what is being fetched. Default: print it on the standard error. */
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where Debian's packages keep the programs, one directory for each major version. */
const debianRoot = "/usr/lib/postgresql";

/**
 * Find PostgreSQL's server programs, or fetch them. In this order: the directory `PG_BIN`; `PATH`;
 * the newest of `/usr/lib/postgresql`; the user's cache; the package of this machine's own Debian
 * release with the libraries it lacks, signatures checked, unpacked into the cache and never
 * installed.
 * @throws {@link ConfigError} when `PG_BIN` will not do; {@link UnavailableError} telling what was
 *   tried; the signal's reason when aborted.
 */
export async function resolvePostgres(
  options: ResolvePostgresOptions = {},
): Promise<PostgresInstallation> {
  const { fetch = true, env = process.env, progress = stderrProgress(), signal } = options;
  const named = env["PG_BIN"];
  if (named !== undefined && named !== "") {
    return readInstallation(named).catch((error: unknown) => {
      throw new ConfigError(`PG_BIN: ${messageOf(error)}`, { cause: error });
    });
  }
  const failures: string[] = [];
  for (const bin of [...(await binOnPath(env)), ...(await debianBins())]) {
    const found = await readInstallation(bin).catch((error: unknown) => {
      failures.push(messageOf(error));
    });
    if (found) return found;
  }
  if (failures.length === 0) failures.push(`no postgres on PATH or in ${debianRoot}`);
  const directory = join(dirname(cacheDirectory(env)), "postgres");
  const cached = await findCachedPostgres(directory);
  if (cached !== undefined) return cached;
  if (!fetch) throw noServer(failures);
  try {
    return await fetchPostgres({ directory, env, progress, signal });
  } catch (error) {
    signal?.throwIfAborted();
    failures.push(`Debian package: ${messageOf(error)}`);
    throw noServer(failures, error);
  }
}

function noServer(failures: readonly string[], cause?: unknown): UnavailableError {
  return new UnavailableError(
    `no PostgreSQL server (${failures.join("; ")}); install one or name its programs' directory in PG_BIN`,
    cause === undefined ? {} : { cause },
  );
}

async function binOnPath(env: NodeJS.ProcessEnv): Promise<string[]> {
  const path = await findOnPath("postgres", env);
  // Its own files are looked for beside the real program, not beside a link to it.
  return path === undefined ? [] : [dirname(await realpath(path))];
}

async function debianBins(): Promise<string[]> {
  const versions: string[] = await readdir(debianRoot).catch(() => []);
  return versions
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(debianRoot, version, "bin"));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
