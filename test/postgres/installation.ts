import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { UnavailableError } from "../../src/event/errors.ts";
import { isExecutable } from "../../src/testing/nats-server/find-on-path.ts";

/** PostgreSQL's server programs on this machine. */
export interface PostgresInstallation {
  /** The directory of `postgres` and `initdb`. */
  readonly bin: string;
  /** Such as `15.18`. */
  readonly version: string;
  /** Of packages that are unpacked, not installed: the directory that holds all of their files. */
  readonly root?: string;
}

/** The oldest major version that will do: Emmett's schema needs 13. */
const minimumMajor = 13;

const versionTimeoutMs = 10_000;

/**
 * What is in a directory of PostgreSQL's programs.
 * @param root given for unpacked packages, see {@link PostgresInstallation}.
 * @throws {@link UnavailableError} when a program is missing, does not run, or is too old.
 */
export async function readInstallation(bin: string, root?: string): Promise<PostgresInstallation> {
  const env = await programEnvironment(root);
  let printed = "";
  for (const name of ["initdb", "postgres"]) {
    const path = join(bin, name);
    if (!(await isExecutable(path))) throw new UnavailableError(`${path} is no executable file`);
    const run = promisify(execFile)(path, ["--version"], { env, timeout: versionTimeoutMs });
    const { stdout } = await run.catch((error: unknown) => {
      throw new UnavailableError(`${path} does not run`, { cause: error });
    });
    printed = stdout.trim();
  }
  const version = /(\d+)(?:\.\d+|devel|beta\d+|rc\d+)/.exec(printed);
  if (version === null || Number(version[1]) < minimumMajor) {
    throw new UnavailableError(`${bin} has ${printed}; ${minimumMajor} or newer is needed`);
  }
  return { bin, version: version[0], ...(root === undefined ? {} : { root }) };
}

/** The same installation after its files were copied from `root` to another directory. */
export function movedTo(installation: PostgresInstallation, root: string): PostgresInstallation {
  const bin = join(root, relative(installation.root ?? root, installation.bin));
  return { ...installation, bin, root };
}

/**
 * The environment of PostgreSQL's programs: none of this process's `PG*` variables, messages in
 * English, and the libraries of packages that are unpacked below `root`.
 */
export async function programEnvironment(root: string | undefined): Promise<NodeJS.ProcessEnv> {
  const env: NodeJS.ProcessEnv = { PATH: process.env["PATH"], LC_ALL: "C" };
  if (root === undefined) return env;
  const libraries: string[] = [];
  for (const lib of [join(root, "usr", "lib"), join(root, "lib")]) {
    const names: string[] = await readdir(lib).catch(() => []);
    libraries.push(...names.filter((name) => name.includes("-linux-")).map((n) => join(lib, n)));
  }
  return { ...env, LD_LIBRARY_PATH: libraries.join(":") };
}
