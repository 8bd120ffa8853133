import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { UnavailableError } from "../../src/event/errors.ts";
import { download } from "../../src/testing/nats-server/download.ts";
import { fetchRelease } from "../../src/testing/nats-server/fetch-release.ts";
import { resolveNatsServer } from "../../src/testing/nats-server/index.ts";
import { releaseAsset, releasePlatform } from "../../src/testing/nats-server/releases.ts";
import { unpackFile } from "../../src/testing/nats-server/unpack.ts";
import { fakeServer, temporaryDirectory } from "./temporary.ts";

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A release archive as the project packs it: one directory, the binary in it. */
async function releaseArchive(root: string, version: string): Promise<Buffer> {
  const folder = `nats-server-v${version}-linux-amd64`;
  await mkdir(join(root, folder));
  await fakeServer(join(root, folder, "LICENSE"), "0.0.0");
  await fakeServer(join(root, folder, "nats-server"), version);
  execFileSync("tar", ["-czf", join(root, "archive.tar.gz"), "-C", root, folder]);
  return readFile(join(root, "archive.tar.gz"));
}

function assetOf(archive: Buffer, version: string, sha256 = digestOf(archive)) {
  return { version, name: `nats-server-v${version}-linux-amd64.tar.gz`, sha256 };
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

test("the archive of the pinned digest is unpacked, with its progress told", async () => {
  const root = await temporaryDirectory();
  const archive = await releaseArchive(root, "2.15.0");
  const asked: (string | undefined)[] = [];
  const baseUrl = await serve((request, response) => {
    asked.push(request.url);
    response.setHeader("content-length", archive.length).end(archive);
  });
  const directory = join(root, "work");
  await mkdir(directory);
  const lines: string[] = [];
  const asset = assetOf(archive, "2.15.0");
  const progress = (line: string): unknown => lines.push(line);
  const path = await fetchRelease({ asset, baseUrl, directory, progress });
  expect(execFileSync(path, { encoding: "utf8" })).toBe("nats-server: v2.15.0\n");
  expect(asked).toEqual(["/v2.15.0/nats-server-v2.15.0-linux-amd64.tar.gz"]);
  expect(lines.at(-1)).toMatch(/: 100 %$/);
});

test("an archive with another digest is refused and nothing of it is written", async () => {
  const root = await temporaryDirectory();
  const archive = await releaseArchive(root, "2.15.0");
  const baseUrl = await serve((_, response) => void response.end(archive));
  const directory = join(root, "work");
  await mkdir(directory);
  const asset = assetOf(archive, "2.15.0", "0".repeat(64));
  const fetching = fetchRelease({ asset, baseUrl, directory, progress: () => undefined });
  await expect(fetching).rejects.toThrow(UnavailableError);
  await expect(fetching).rejects.toThrow(/^refused .*SHA-256 is [0-9a-f]{64}, pinned is 0{64}$/);
  expect(await readdir(directory)).toEqual([]);
});

test.skipIf(releaseAsset(releasePlatform(process.platform, process.arch)) === undefined)(
  "a mirror that serves another file gets nothing into the cache",
  async () => {
    const root = await temporaryDirectory();
    const archive = await releaseArchive(root, "2.15.0");
    const mirror = await serve((_, response) => void response.end(archive));
    const env = {
      PATH: join(root, "none"),
      JETFOLD_CACHE: join(root, "cache"),
      JETFOLD_NATS_MIRROR: `${mirror}/`,
    };
    const found = resolveNatsServer({ env, progress: () => undefined });
    await expect(found).rejects.toThrow(/release: refused nats-server-v[\d.]+-/);
    expect(await readdir(join(root, "cache", "jetfold", "nats-server"))).toEqual([]);
  },
);

test("a transfer that breaks off or is answered 5xx is tried again", async () => {
  let requests = 0;
  const url = await serve((_, response) => {
    requests += 1;
    if (requests === 1) return void response.writeHead(503).end();
    response.setHeader("content-length", 4);
    if (requests === 2) return void response.write("ab", () => response.destroy());
    return void response.end("abcd");
  });
  expect((await download(url)).toString()).toBe("abcd");
  expect(requests).toBe(3);
});

test("a file that is not there is asked for once", async () => {
  let requests = 0;
  const url = await serve((_, response) => {
    requests += 1;
    response.writeHead(404).end();
  });
  await expect(download(`${url}/file?token=secret`)).rejects.toThrow(/\/file: answered 404$/);
  expect(requests).toBe(1);
});

test("a host that never answers is given up after the connect deadline, once", async () => {
  let requests = 0;
  const url = await serve(() => void (requests += 1));
  const failing = download(url, { connectTimeoutMs: 100 });
  await expect(failing).rejects.toThrow(/no answer within 100 ms$/);
  expect(requests).toBe(1);
});

test("a transfer that stalls is given up", async () => {
  const url = await serve((_, response) => void response.write("first"));
  const failing = download(url, { stallTimeoutMs: 50, attempts: 2 });
  await expect(failing).rejects.toThrow(/stalled for 50 ms \(tried 2 times\)$/);
});

test("a download can be aborted", async () => {
  const url = await serve((_, response) => void response.write("first"));
  const reason = new Error("enough");
  const controller = new AbortController();
  const failing = download(url, { signal: controller.signal });
  setImmediate(() => controller.abort(reason));
  await expect(failing).rejects.toBe(reason);
});

test("a zip gives its file, packed or stored", async () => {
  const content = Buffer.from("the program ".repeat(50));
  for (const method of [0, 8]) {
    const zip = zipOf("nats-server-v2-windows-amd64/nats-server.exe", content, method);
    expect(await unpackFile("release.zip", zip, "nats-server.exe")).toEqual(content);
    await expect(unpackFile("release.zip", zip, "other.exe")).rejects.toThrow(/has no file/);
  }
});

test("a damaged archive is an error, whatever is damaged", async () => {
  const root = await temporaryDirectory();
  const archive = await releaseArchive(root, "2.15.0");
  const unpack = (name: string, bytes: Buffer): Promise<Buffer> =>
    unpackFile(name, bytes, "nats-server");
  const cut = archive.subarray(0, archive.length / 2);
  await expect(unpack("a.tar.gz", cut)).rejects.toThrow(UnavailableError);
  await expect(unpack("a.tar.gz", Buffer.from("text"))).rejects.toThrow(/is damaged/);
  await expect(unpack("a.zip", archive)).rejects.toThrow(/is damaged/);
});

test("only platforms with a known digest have an asset", () => {
  expect(releaseAsset("linux-amd64")?.name).toMatch(/^nats-server-v[\d.]+-linux-amd64\.tar\.gz$/);
  expect(releaseAsset(releasePlatform("win32", "x64"))?.name).toMatch(/-windows-amd64\.zip$/);
  for (const platform of ["linux-riscv64", "aix-ppc64le", "toString"]) {
    expect(releaseAsset(platform)).toBeUndefined();
  }
});

/** One entry, as PKWARE's APPNOTE lays it out; checksums are left 0, nobody reads them. */
function zipOf(path: string, content: Buffer, method: number): Buffer {
  const packed = method === 8 ? deflateRawSync(content) : content;
  const name = Buffer.from(path);
  const local = Buffer.alloc(30);
  local.write("PK\u0003\u0004", "latin1");
  local.writeUInt16LE(method, 8);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.write("PK\u0001\u0002", "latin1");
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(packed.length, 20);
  central.writeUInt32LE(content.length, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", "latin1");
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(30 + name.length + packed.length, 16);
  return Buffer.concat([local, name, packed, central, name, end]);
}
