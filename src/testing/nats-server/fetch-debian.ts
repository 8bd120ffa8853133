import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { UnavailableError } from "../../event/errors.ts";
import { writeAptConfiguration } from "./apt-configuration.ts";
import { debianMirrors } from "./debian-mirror.ts";
import { findOnPath, isExecutable } from "./find-on-path.ts";
import { percentSteps, type Progress } from "./progress.ts";
import { runCommand } from "./run-command.ts";

/** Where the package is looked for: testing, then unstable. Stable is older than 2.12. */
export const debianSuites: readonly string[] = ["forky", "sid"];

const keyrings = [
  "/usr/share/keyrings/debian-archive-keyring.gpg",
  "/usr/share/keyrings/debian-archive-keyring.pgp",
];

const stepTimeoutMs = 180_000;

/** Debian's tools on this machine and what they need, of {@link debianTools}. */
export interface DebianTools {
  readonly aptGet: string;
  readonly dpkgDeb: string;
  readonly keyring: string;
  readonly mirrors: readonly string[];
}

/** One suite's package, and where to unpack it. */
export interface DebianFetch {
  readonly tools: DebianTools;
  readonly suite: string;
  readonly mirror: string;
  /** An empty directory for apt's lists, the package and what is in it. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What {@link fetchDebian} works with.
 * @throws {@link UnavailableError} naming the first thing this machine lacks.
 */
export async function debianTools(env: NodeJS.ProcessEnv): Promise<DebianTools> {
  const [aptGet, dpkgDeb] = [await findOnPath("apt-get", env), await findOnPath("dpkg-deb", env)];
  if (aptGet === undefined || dpkgDeb === undefined) {
    throw new UnavailableError("apt-get and dpkg-deb are not on PATH");
  }
  const keyring = await firstReadable(keyrings);
  if (keyring === undefined) throw new UnavailableError("no Debian archive keyring");
  const mirrors = await debianMirrors("/etc/apt");
  if (mirrors.length === 0) throw new UnavailableError("apt has no Debian archive set up");
  return { aptGet, dpkgDeb, keyring, mirrors };
}

/**
 * Let apt download the suite's package, its signature checked, and unpack it without installing
 * anything; returns the binary's path. Needs no root, and touches nothing of the system's apt.
 * @throws {@link UnavailableError} when the archive does not answer or has no such package.
 */
export async function fetchDebian(wanted: DebianFetch): Promise<string> {
  const { tools, suite, directory, progress, signal } = wanted;
  const { mirror } = wanted;
  const source = { mirror, suite, keyring: tools.keyring };
  const apt = ["-qq", "-c", await writeAptConfiguration(directory, source)];
  const run = (title: string, file: string, args: string[]): Promise<void> => {
    progress(title);
    const steps = percentSteps(title, progress);
    const onLine = (line: string): void => {
      const percent = /^dlstatus:[^:]*:([\d.]+):/.exec(line)?.[1];
      if (percent !== undefined) steps(Number(percent) / 100);
    };
    const env = { ...wanted.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
    return runCommand(file, args, {
      cwd: directory,
      env,
      timeoutMs: stepTimeoutMs,
      signal,
      onLine,
    });
  };
  await run(`reading Debian's package list (${suite})`, tools.aptGet, [...apt, "update"]);
  const what = `downloading Debian's nats-server (${suite})`;
  await run(what, tools.aptGet, [...apt, "download", "nats-server"]);
  const archive = (await readdir(directory)).find((name) => name.endsWith(".deb"));
  if (archive === undefined) throw new UnavailableError("apt-get download left no package");
  const unpacked = join(directory, "unpacked");
  await run("unpacking it", tools.dpkgDeb, ["-x", archive, unpacked]);
  for (const path of ["usr/sbin/nats-server", "usr/bin/nats-server"]) {
    if (await isExecutable(join(unpacked, path))) return join(unpacked, path);
  }
  throw new UnavailableError(`${archive} has no nats-server in it`);
}

async function firstReadable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}
