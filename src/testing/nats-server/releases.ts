/** One archive of a nats-server release, with the digest it must have. */
export interface ReleaseAsset {
  readonly version: string;
  /** Its name below `…/releases/download/v<version>/`; ends in `.tar.gz` or `.zip`. */
  readonly name: string;
  /** SHA-256 of the archive, lower-case hex. */
  readonly sha256: string;
}

/** The release that is fetched when no nats-server is at hand. */
export const pinnedVersion = "2.15.0";

/** Where the project publishes its releases; an asset is at `<base>/v<version>/<name>`. */
export const releaseBaseUrl = "https://github.com/nats-io/nats-server/releases/download";

/*
 * SHA-256 of the archives of v2.15.0, as that release's SHA256SUMS lists them, taken from:
 * - linux and windows-amd64: nats-io/nats-docker at 62998532, 2.15.x/alpine3.22/Dockerfile and
 *   2.15.x/windowsservercore-ltsc2025/Dockerfile (the project's own image definitions);
 * - windows: microsoft/winget-pkgs at 51c2759a, NATSAuthors/NATSServer/2.15.0 (agrees on amd64);
 * - darwin: pins that several independent public repositories reviewed against SHA256SUMS; the
 *   same lists carry the linux digests, which agree with the image definitions.
 */
const digests: Readonly<Record<string, string>> = {
  "linux-amd64": "5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92",
  "linux-arm64": "cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112",
  "linux-arm7": "ec5f4689d017e07cfa18442e10da051c0f3f9dd2e7f4dc7cdb55a11f1303c952",
  "linux-386": "f572eccdbb35ab5c7fef7703a5b6ca49e55d039e441920ba5478972ecdcf7a47",
  "linux-s390x": "ac50bf4adc8fa6db575ed9293417b6fbec746e71cc9d360aea5cd447e4207bfc",
  "linux-ppc64le": "a402bf73f91f674735cc85aa0e7d06d5dfa3044b98cda6ea9937cfee4e05a266",
  "linux-loong64": "fdce4b595b4b3a9f83d07ee310334b68a0723c799e969c9ab77f3105158fd64e",
  "darwin-amd64": "5bd8b59ca5bf93fab3da2c5843cf564cd6e2e291e22ae3b861746e7ebe259b95",
  "darwin-arm64": "e1c4e22d70bd44abfa0bcb3c16f7cf0c66f648c2e728c58924e8a1ce88913cc8",
  "windows-amd64": "2d0861dc2ca3567d17f7d19611d7b346cc2ccbd7086a0a77cc957a2c71663200",
  "windows-arm64": "d468fa3f0ac953bed2219e37a2b5977d87cb8d705d5bbdc70b9f960e12fb7c38",
};

/** Node's names of processors where the release uses others. */
const architectures: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  arm: "arm7",
  ppc64: "ppc64le",
};

/** The platform as the release names it, such as `linux-amd64`. */
export function releasePlatform(platform: string, architecture: string): string {
  const os = platform === "win32" ? "windows" : platform;
  return `${os}-${architectures[architecture] ?? architecture}`;
}

/** The pinned archive for a platform of {@link releasePlatform}; undefined without a known digest. */
export function releaseAsset(platform: string): ReleaseAsset | undefined {
  const sha256 = Object.hasOwn(digests, platform) ? digests[platform] : undefined;
  if (sha256 === undefined) return undefined;
  const extension = platform.startsWith("windows-") ? "zip" : "tar.gz";
  const name = `nats-server-v${pinnedVersion}-${platform}.${extension}`;
  return { version: pinnedVersion, name, sha256 };
}
