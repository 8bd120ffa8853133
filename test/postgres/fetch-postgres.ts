import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { UnavailableError } from "../../src/event/errors.ts";
import { writeAptConfiguration } from "../../src/testing/nats-server/apt-configuration.ts";
import { makeFetchDirectory, removeLeftovers } from "../../src/testing/nats-server/cache.ts";
import { debianTools } from "../../src/testing/nats-server/fetch-debian.ts";
import { withFetchLock } from "../../src/testing/nats-server/fetch-lock.ts";
import type { Progress } from "../../src/testing/nats-server/progress.ts";
import { runCommand } from "../../src/testing/nats-server/run-command.ts";
import { readInstallation, type PostgresInstallation } from "./installation.ts";

/** What {@link fetchPostgres} works with. */
export interface PostgresFetch {
  /** Where fetched servers are kept, one directory for each version. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The server and the shared libraries it links; not the clients, and not LLVM: a server without the
 * plug-in for it (removed below) does without just-in-time compilation.
 */
const wantedPackage = /^(?:postgresql-\d+|zlib1g|lib(?!llvm)(?!.*-perl$).*)$/;

const unwantedFiles = ["llvmjit.so", "bitcode"];

const stepTimeoutMs = 180_000;

/** The newest fetched server that runs; undefined when there is none. */
export async function findCachedPostgres(
  directory: string,
): Promise<PostgresInstallation | undefined> {
  const names: string[] = await readdir(directory).catch(() => []);
  const versions = names.filter((name) => /^\d/.test(name));
  versions.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  for (const version of versions) {
    const found = await unpackedInstallation(join(directory, version)).catch(() => undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Let apt download the server of this machine's own Debian release and the libraries that are
 * missing here, signatures checked, and unpack them into the cache. Needs no root and installs
 * nothing.
 * @throws {@link UnavailableError} when this is no Debian, or its archive does not answer.
 */
export async function fetchPostgres(wanted: PostgresFetch): Promise<PostgresInstallation> {
  const { directory, progress, signal } = wanted;
  const onWait = (): void => progress("another process is fetching PostgreSQL; waiting for it");
  return withFetchLock(directory, { signal, onWait }, async () => {
    await removeLeftovers(directory);
    const cached = await findCachedPostgres(directory);
    if (cached !== undefined) return cached;
    const work = await makeFetchDirectory(directory);
    try {
      const unpacked = await downloadInto(work, wanted);
      const { version } = await unpackedInstallation(unpacked);
      const root = join(directory, version);
      // What is there does not run, or it would have been found.
      await rm(root, { recursive: true, force: true });
      await rename(unpacked, root);
      progress(`PostgreSQL ${version} is in ${root}`);
      return await unpackedInstallation(root);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

async function downloadInto(work: string, wanted: PostgresFetch): Promise<string> {
  const { env, progress, signal } = wanted;
  const tools = await debianTools(env);
  const [mirror = ""] = tools.mirrors;
  const suite = await debianSuite();
  const run = async (file: string, args: readonly string[]): Promise<string[]> => {
    const lines: string[] = [];
    await runCommand(file, args, {
      cwd: work,
      env: { ...env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
      timeoutMs: stepTimeoutMs,
      signal,
      onLine: (line) => lines.push(line),
    });
    return lines;
  };
  const source = { mirror, suite, keyring: tools.keyring };
  const apt = ["-qq", "-c", await writeAptConfiguration(work, source)];
  progress(`reading Debian's package list (${suite})`);
  await run(tools.aptGet, [...apt, "update"]);
  const simulated = ["--simulate", "--no-install-recommends", "install", "postgresql"];
  const packages = packagesToFetch(await run(tools.aptGet, [...apt, ...simulated]));
  progress(`downloading ${packages.join(", ")}`);
  await run(tools.aptGet, [...apt, "download", ...packages]);
  const unpacked = join(work, "unpacked");
  const archives = (await readdir(work)).filter((name) => name.endsWith(".deb"));
  for (const archive of archives) await run(tools.dpkgDeb, ["-x", archive, unpacked]);
  await removeUnwanted(unpacked);
  return unpacked;
}

/** What apt would install, in the lines of its simulation, of which only some is needed to run. */
function packagesToFetch(lines: readonly string[]): string[] {
  const names = lines.flatMap((line) => /^Inst (\S+)/.exec(line)?.[1] ?? []);
  const packages = names.filter((name) => wantedPackage.test(name));
  if (!packages.some((name) => name.startsWith("postgresql-"))) {
    throw new UnavailableError("apt knows no PostgreSQL server that is not installed already");
  }
  return packages;
}

async function debianSuite(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const suite = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1];
  if (!/^ID="?debian"?$/m.test(text) || suite === undefined) {
    throw new UnavailableError("this is no Debian release");
  }
  return suite;
}

async function unpackedInstallation(root: string): Promise<PostgresInstallation> {
  return readInstallation(join(await serverDirectory(root), "bin"), root);
}

async function removeUnwanted(root: string): Promise<void> {
  const lib = join(await serverDirectory(root), "lib");
  for (const name of unwantedFiles) await rm(join(lib, name), { recursive: true, force: true });
}

/** Debian's place for one major version of the server. */
async function serverDirectory(root: string): Promise<string> {
  const servers = join(root, "usr", "lib", "postgresql");
  const [major = ""] = await readdir(servers);
  return join(servers, major);
}
