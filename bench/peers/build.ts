import { cp, mkdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contender } from "./contender.ts";
import { peerProgram, runToEnd } from "./run-peer.ts";

const sources = fileURLToPath(new URL(".", import.meta.url));
const buildTimeoutMs = 30 * 60_000;
const executable = process.platform === "win32" ? ".exe" : "";
const ritaModule = "github.com/synadia-labs/rita";

/** How a build is watched and stopped. */
export interface BuildOptions {
  readonly signal: AbortSignal;
  /** Told in a line what goes on, and which peer is skipped and why. */
  readonly progress: (line: string) => void;
}

/** A peer that can't be had here: no compiler, or its packages can't be fetched. */
class MissingError extends Error {}

/** The peers to compare with. */
export interface BuiltPeers {
  readonly peers: readonly Contender[];
  /** Those that could be had here and did not compile. */
  readonly broken: readonly string[];
}

/**
 * Build every peer that can be had here; the others are left out with a line.
 * @throws when the signal aborts
 */
export async function buildPeers(options: BuildOptions): Promise<BuiltPeers> {
  const peers: Contender[] = [];
  const broken: string[] = [];
  for (const [name, build] of [["esrc", buildEsrc] as const, ["rita", buildRita] as const]) {
    options.progress(`${name}: building (the first time takes minutes)`);
    try {
      peers.push(await build(options));
    } catch (error) {
      options.signal.throwIfAborted();
      const missing = error instanceof MissingError;
      if (!missing) broken.push(name);
      options.progress(`${name}: ${missing ? "skipped" : "broken"}, ${(error as Error).message}`);
    }
  }
  return { peers, broken };
}

async function buildEsrc(options: BuildOptions): Promise<Contender> {
  const crate = join(sources, "esrc");
  const target = join(cacheDirectory(), "esrc");
  await fetch("cargo", ["fetch"], crate, options);
  const build = ["build", "--release", "--offline", "--target-dir", target];
  await compile("cargo", build, crate, options);
  const binary = join(target, "release", `jetfold-bench-esrc${executable}`);
  return peerProgram("esrc", "0.1.0", binary);
}

/** Of rita nothing is released: its newest commit is taken, in a copy, and named in the report. */
async function buildRita(options: BuildOptions): Promise<Contender> {
  const copy = join(cacheDirectory(), "rita");
  await rm(copy, { recursive: true, force: true });
  await cp(join(sources, "rita"), copy, { recursive: true });
  await fetch("go", ["get", `${ritaModule}@latest`], copy, options);
  await fetch("go", ["mod", "tidy"], copy, options);
  const list = ["list", "-m", "-f", "{{.Version}}", ritaModule];
  const version = await compile("go", list, copy, options);
  const binary = join(copy, `rita-peer${executable}`);
  await compile("go", ["build", "-o", binary, "."], copy, options);
  return peerProgram("rita", version.trim(), binary);
}

/** @throws MissingError when the tool is not there or fails */
async function fetch(
  tool: string,
  args: readonly string[],
  cwd: string,
  options: BuildOptions,
): Promise<void> {
  try {
    await compile(tool, args, cwd, options);
  } catch (cause) {
    options.signal.throwIfAborted();
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? `${tool} is not here` : message;
    throw new MissingError(why, { cause });
  }
}

/** Returns what the tool printed. */
async function compile(
  tool: string,
  args: readonly string[],
  cwd: string,
  { signal }: BuildOptions,
): Promise<string> {
  await mkdir(cacheDirectory(), { recursive: true });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(buildTimeoutMs)]);
  const ended = await runToEnd(tool, args, limit, cwd);
  if (ended.code === 0) return ended.output;
  const last = ended.complaints.trim().split("\n").slice(-3).join(" ").replaceAll(/\s+/g, " ");
  throw new Error(`"${tool} ${args.join(" ")}" ended with ${ended.code}: ${last}`);
}

/** Never inside the repository: compilers' output is large, and outlives a clone. */
function cacheDirectory(): string {
  const chosen = process.env["JETFOLD_CACHE"];
  const base = chosen !== undefined && chosen !== "" ? chosen : join(homedir(), ".cache");
  return resolve(base, "jetfold", "peers");
}
