import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ConfigError, InvalidInputError, UnavailableError } from "../../src/event/errors.ts";
import { resolveNatsServer } from "../../src/testing/nats-server/index.ts";
import { fakeServer, temporaryDirectory } from "./temporary.ts";

const silent = (): undefined => undefined;

/** A machine with nothing on it: no PATH, an empty cache, a mirror that nobody serves. */
async function bareMachine(): Promise<{ root: string; env: Record<string, string> }> {
  const root = await temporaryDirectory();
  await mkdir(join(root, "bin"));
  const env = {
    PATH: join(root, "bin"),
    JETFOLD_CACHE: join(root, "cache"),
    JETFOLD_NATS_MIRROR: "http://127.0.0.1:2/mirror",
  };
  return { root, env };
}

async function cacheServer(root: string, directory: string, version: string): Promise<string> {
  const path = join(root, "cache", "jetfold", "nats-server", directory, "nats-server");
  await mkdir(dirname(path), { recursive: true });
  return fakeServer(path, version);
}

test("the option wins over the environment, that over PATH, and that over the cache", async () => {
  const { root, env } = await bareMachine();
  const find = (more: Record<string, string>, binary?: string): Promise<unknown> =>
    resolveNatsServer({ binary, env: { ...env, ...more }, progress: silent });

  const cached = await cacheServer(root, "2.14.0", "2.14.0");
  expect(await find({})).toEqual({ path: cached, version: "2.14.0", source: "cache" });

  const onPath = await fakeServer(join(root, "bin", "nats-server"), "2.15.1");
  expect(await find({})).toEqual({ path: onPath, version: "2.15.1", source: "path" });

  const named = await fakeServer(join(root, "named"), "2.13.0");
  const variable = { NATS_SERVER_BIN: named };
  expect(await find(variable)).toEqual({ path: named, version: "2.13.0", source: "environment" });

  const option = await fakeServer(join(root, "option"), "2.12.3");
  expect(await find(variable, option)).toEqual({
    path: option,
    version: "2.12.3",
    source: "option",
  });
});

test("an old server on PATH is passed over and told about", async () => {
  const { root, env } = await bareMachine();
  await fakeServer(join(root, "bin", "nats-server"), "2.10.27");
  const cached = await cacheServer(root, "2.15.1", "2.15.1");
  const lines: string[] = [];
  const found = await resolveNatsServer({ env, progress: (line) => lines.push(line) });
  expect(found).toEqual({ path: cached, version: "2.15.1", source: "cache" });
  expect(lines).toEqual([expect.stringMatching(/nats-server is 2\.10\.27, older than 2\.12\.3/)]);
});

test.each([
  ["too old", "2.11.9", /2\.11\.9; at least 2\.12\.3/],
  ["a pre-release of the minimum", "2.12.3-RC.1", /at least 2\.12\.3/],
])("a named binary that is %s is refused", async (_, version, message) => {
  const { root, env } = await bareMachine();
  const binary = await fakeServer(join(root, "old"), version);
  const byOption = resolveNatsServer({ binary, env, progress: silent });
  await expect(byOption).rejects.toThrow(ConfigError);
  await expect(byOption).rejects.toThrow(message);
  const byVariable = resolveNatsServer({ env: { ...env, NATS_SERVER_BIN: binary } });
  await expect(byVariable).rejects.toThrow(/^NATS_SERVER_BIN is .*old, nats-server 2\.1/);
});

test("a named binary that is missing, fails or is something else is refused", async () => {
  const { root, env } = await bareMachine();
  const missing = resolveNatsServer({ binary: join(root, "missing"), env });
  await expect(missing).rejects.toThrow(/option binary is .*missing, which is no executable file/);
  await writeFile(join(root, "broken"), "#!/bin/sh\nexit 3\n", { mode: 0o755 });
  await expect(resolveNatsServer({ binary: join(root, "broken"), env })).rejects.toThrow(
    ConfigError,
  );
  await writeFile(join(root, "other"), "#!/bin/sh\necho redis 7.2.0\n", { mode: 0o755 });
  const other = resolveNatsServer({ binary: join(root, "other"), env });
  await expect(other).rejects.toThrow(/no nats-server version but "redis 7\.2\.0"/);
});

test("the newest cached server that runs is taken", async () => {
  const { root, env } = await bareMachine();
  await cacheServer(root, "2.9.1", "2.9.1");
  const good = await cacheServer(root, "2.14.10", "2.14.10");
  await cacheServer(root, "2.14.9", "2.14.9");
  await writeFile(await cacheServer(root, "2.15.0", "2.15.0"), "damaged");
  const lines: string[] = [];
  const found = await resolveNatsServer({ env, progress: (line) => lines.push(line) });
  expect(found).toEqual({ path: good, version: "2.14.10", source: "cache" });
  expect(lines).toEqual(["the cached nats-server 2.15.0 does not run"]);
});

test("a damaged cache entry is dropped before a fetch, and never handed out", async () => {
  const { root, env } = await bareMachine();
  await writeFile(await cacheServer(root, "2.15.0", "2.15.0"), "damaged");
  await expect(resolveNatsServer({ env, progress: silent })).rejects.toThrow(UnavailableError);
  expect(await readdir(join(root, "cache", "jetfold", "nats-server"))).toEqual([]);
});

test("when nothing works one error tells what was tried and what can be done", async () => {
  const { env } = await bareMachine();
  const started = Date.now();
  const failure = await resolveNatsServer({ env, progress: silent }).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(UnavailableError);
  const { message } = failure as Error;
  for (const part of [
    "PATH: no nats-server",
    "cache: nothing of at least 2.12.3",
    "release: http",
    "ECONNREFUSED",
    "Debian package: apt-get and dpkg-deb are not on PATH",
    "NATS_SERVER_BIN",
    "NATS_URL",
    "JETFOLD_NATS_MIRROR",
  ]) {
    expect(message).toContain(part);
  }
  expect(Date.now() - started).toBeLessThan(3_000);
});

test("nothing is downloaded when that is switched off", async () => {
  const { env } = await bareMachine();
  const found = resolveNatsServer({ env, fetch: false, progress: silent });
  await expect(found).rejects.toThrow(/download: switched off/);
  await expect(found).rejects.not.toThrow(/release:/);
});

test("a cache that cannot be written is named, with the way out", async () => {
  const { root, env } = await bareMachine();
  const file = await fakeServer(join(root, "file"), "2.15.1");
  const found = resolveNatsServer({ env: { ...env, JETFOLD_CACHE: file }, progress: silent });
  await expect(found).rejects.toThrow(UnavailableError);
  await expect(found).rejects.toThrow(/cache: E.*JETFOLD_CACHE can name another directory/);
});

test("a minimum newer than the pinned release is not met by downloading it", async () => {
  const { env } = await bareMachine();
  const found = resolveNatsServer({ env, minVersion: "9.0.0", progress: silent });
  await expect(found).rejects.toThrow(/the pinned [\d.]+ is older than 9\.0\.0/);
});

test("bad input is refused before anything is looked at", async () => {
  const { env } = await bareMachine();
  const odd = resolveNatsServer({ env, minVersion: "latest" });
  await expect(odd).rejects.toThrow(InvalidInputError);
  for (const mirror of ["ftp://host/x", "nonsense", "https://user:secret@host/"]) {
    const found = resolveNatsServer({
      env: { ...env, JETFOLD_NATS_MIRROR: mirror },
      progress: silent,
    });
    await expect(found).rejects.toThrow(ConfigError);
    await expect(found).rejects.not.toThrow(/secret/);
  }
});

test("an aborted search throws the signal's reason", async () => {
  const { env } = await bareMachine();
  const reason = new Error("enough");
  await expect(resolveNatsServer({ env, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
