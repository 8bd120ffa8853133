import { mkdir, readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { UnavailableError } from "../../src/event/errors.ts";
import {
  addToCache,
  cacheDirectory,
  makeFetchDirectory,
  removeLeftovers,
} from "../../src/testing/nats-server/cache.ts";
import { withFetchLock } from "../../src/testing/nats-server/fetch-lock.ts";
import { fakeServer, temporaryDirectory } from "./temporary.ts";

test("the cache is where the environment or the system says", () => {
  expect(cacheDirectory({ JETFOLD_CACHE: "/c" }, "linux")).toBe("/c/jetfold/nats-server");
  expect(cacheDirectory({ XDG_CACHE_HOME: "/x" }, "linux")).toBe("/x/jetfold/nats-server");
  expect(cacheDirectory({ XDG_CACHE_HOME: "x" }, "linux")).toMatch(/\/\.cache\/jetfold\//);
  expect(cacheDirectory({}, "darwin")).toMatch(/\/Library\/Caches\/jetfold\/nats-server$/);
  expect(cacheDirectory({ LOCALAPPDATA: "/l" }, "win32")).toBe("/l/jetfold/nats-server");
});

test("adding at the same time leaves one entry that runs", async () => {
  const root = await temporaryDirectory();
  const adding = Array.from({ length: 8 }, async () => {
    const work = await makeFetchDirectory(root);
    return addToCache(root, await fakeServer(join(work, "fetched"), "2.15.1"), "2.12.0");
  });
  const path = join(root, "2.15.1", "nats-server");
  for (const added of await Promise.all(adding)) expect(added).toEqual({ path, version: "2.15.1" });
  expect(await readdir(join(root, "2.15.1"))).toEqual(["nats-server"]);
});

test("what is too old is not added", async () => {
  const root = await temporaryDirectory();
  const file = await fakeServer(join(root, "fetched"), "2.10.27");
  await expect(addToCache(root, file, "2.12.0")).rejects.toThrow(UnavailableError);
  expect(await readdir(root)).toEqual(["fetched"]);
});

test("only one task of a directory runs at a time", async () => {
  const root = await temporaryDirectory();
  let running = 0;
  let most = 0;
  let waits = 0;
  const onWait = (): void => void (waits += 1);
  const task = async (): Promise<void> => {
    most = Math.max(most, (running += 1));
    await delay(5);
    running -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withFetchLock(root, { onWait }, task)));
  expect(most).toBe(1);
  expect(waits).toBe(4);
  expect(await readdir(root)).toEqual([]);
});

test("a lock is given back when the task fails", async () => {
  const root = await temporaryDirectory();
  const failing = withFetchLock(root, {}, () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(await withFetchLock(root, { timeoutMs: 0 }, () => Promise.resolve("free"))).toBe("free");
});

test("the lock of a dead process is broken, that of a live one is not", async () => {
  const root = await temporaryDirectory();
  await mkdir(join(root, ".lock"));
  const held = withFetchLock(root, { timeoutMs: 60 }, () => Promise.resolve());
  await expect(held).rejects.toThrow(/held by another process/);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(join(root, ".lock"), longAgo, longAgo);
  expect(await withFetchLock(root, {}, () => Promise.resolve("free"))).toBe("free");
});

test("a long task keeps its lock alive", async () => {
  const root = await temporaryDirectory();
  const order: string[] = [];
  let second: Promise<unknown> | undefined;
  await withFetchLock(root, { staleMs: 500 }, async () => {
    second = withFetchLock(root, { staleMs: 500 }, async () => order.push("second"));
    await delay(1_200);
    order.push("first");
  });
  await second;
  expect(order).toEqual(["first", "second"]);
});

test("old leftovers of fetches are removed, young ones are kept", async () => {
  const root = await temporaryDirectory();
  const [old, young] = [await makeFetchDirectory(root), await makeFetchDirectory(root)];
  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  await utimes(old, longAgo, longAgo);
  await removeLeftovers(root);
  expect(await readdir(root)).toEqual([young.slice(root.length + 1)]);
});
