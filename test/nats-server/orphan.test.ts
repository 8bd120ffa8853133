import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test, vi } from "vitest";
import { eventually, isAlive, temporaryDirectory } from "./temporary.ts";

// The first start may have to fetch the server.
vi.setConfig({ testTimeout: 60_000 });

const entry = new URL("../../src/testing/nats-server/index.ts", import.meta.url).href;

interface Parent {
  readonly process: ChildProcess;
  readonly exited: Promise<unknown[]>;
  readonly pid: number;
  /** The server's temporary directory. */
  readonly directory: string;
}

/** Run a program that starts a server, tells its process id and never closes it. */
async function startParent(afterwards: string): Promise<Parent> {
  const file = join(await temporaryDirectory(), "parent.mts");
  const program = `
    import { startNatsServer } from ${JSON.stringify(entry)};
    const server = await startNatsServer();
    console.log(server.pid + " " + server.storeDir);
    ${afterwards}`;
  await writeFile(file, program);
  const parent = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const exited = once(parent, "exit");
  const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
  const [pid = "", storeDir = ""] = line.split(" ");
  return { process: parent, exited, pid: Number(pid), directory: dirname(storeDir) };
}

test("a server left open does not keep its parent alive, nor outlive it", async () => {
  const parent = await startParent("");
  expect(await parent.exited).toEqual([0, null]);
  expect(existsSync(parent.directory)).toBe(false);
  await eventually(async () => !(await isAlive(parent.pid)));
});

test("a server ends when its parent exits with an error", async () => {
  const parent = await startParent("process.exit(3);");
  expect(await parent.exited).toEqual([3, null]);
  await eventually(async () => !(await isAlive(parent.pid)));
});

test.skipIf(process.platform === "win32").each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "a server ends, and its files go, when its parent is ended by %s",
  async (signal) => {
    const parent = await startParent("setInterval(() => {}, 1000);");
    expect(await isAlive(parent.pid)).toBe(true);
    parent.process.kill(signal);
    expect(await parent.exited).toEqual([null, signal]);
    await eventually(async () => !(await isAlive(parent.pid)));
    await eventually(() => !existsSync(parent.directory));
  },
);

test("even a paused server ends with its parent", async () => {
  const parent = await startParent("await server.pause(); setInterval(() => {}, 1000);");
  parent.process.kill("SIGKILL");
  await parent.exited;
  await eventually(async () => !(await isAlive(parent.pid)));
});

test("stopping is waited for although nothing else keeps the parent alive", async () => {
  const parent = await startParent('await server.close(); console.log("closed");');
  expect(await parent.exited).toEqual([0, null]);
  expect(await isAlive(parent.pid)).toBe(false);
});
