import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, UnavailableError } from "../../event/errors.ts";
import { binaryName } from "./cache.ts";
import { download } from "./download.ts";
import { percentSteps, type Progress } from "./progress.ts";
import { releaseBaseUrl, type ReleaseAsset } from "./releases.ts";
import { unpackFile } from "./unpack.ts";

/** What {@link fetchRelease} fetches, and where to. */
export interface ReleaseFetch {
  readonly asset: ReleaseAsset;
  /** The archive is at `<baseUrl>/v<version>/<name>`. */
  readonly baseUrl: string;
  /** An empty directory the binary is written to. */
  readonly directory: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where releases come from: `JETFOLD_NATS_MIRROR`, which must hold the same paths as the project's
 * own download address, or that address.
 * @throws {@link ConfigError} when the variable is no http or https address, or has a user in it.
 */
export function releaseSource(env: NodeJS.ProcessEnv): string {
  const mirror = env["JETFOLD_NATS_MIRROR"];
  if (mirror === undefined || mirror === "") return releaseBaseUrl;
  const url = URL.canParse(mirror) ? new URL(mirror) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "") {
    throw new ConfigError("JETFOLD_NATS_MIRROR must be an http or https address without a user");
  }
  return mirror.replace(/\/+$/, "");
}

/**
 * Download a release archive, check its digest and unpack the binary; returns the binary's path.
 * @throws {@link UnavailableError} when it cannot be had or is not the file that was pinned.
 */
export async function fetchRelease(wanted: ReleaseFetch): Promise<string> {
  const { asset, progress, signal } = wanted;
  const url = `${wanted.baseUrl}/v${asset.version}/${asset.name}`;
  const title = `downloading ${asset.name}`;
  progress(title);
  const bytes = await download(url, { signal, onFraction: percentSteps(title, progress) });
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== asset.sha256) {
    throw new UnavailableError(
      `refused ${asset.name}: its SHA-256 is ${digest}, pinned is ${asset.sha256}`,
    );
  }
  const path = join(wanted.directory, binaryName);
  await writeFile(path, await unpackFile(asset.name, bytes, binaryName), { mode: 0o755 });
  return path;
}
