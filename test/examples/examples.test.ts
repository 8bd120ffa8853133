import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

type Output = { stdout: string; stderr: string };

/** Run an example as `npm run` does. Rejects when its exit code is not 0, or it does not end. */
function example(name: string, ...args: string[]): Promise<Output> {
  return program(`examples/${name}/main.ts`, ...args);
}

function program(file: string, ...args: string[]): Promise<Output> {
  const script = ["--import", "tsx", "-C", "@jetfold/source", file];
  return run(process.execPath, [...script, ...args], { cwd: root, timeout: 55_000 });
}

/** Run what the README shows as its quick start, and nothing else. */
async function quickStart(): Promise<Output> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, shown] = /## Quick start\n.*?```ts\n(.*?)```/s.exec(readme)!;
  // Within this package, where its own name is known.
  await mkdir(join(root, ".tmp"), { recursive: true });
  const directory = await mkdtemp(join(root, ".tmp/quick-start-"));
  try {
    await writeFile(join(directory, "quick-start.mts"), shown!);
    return await program(join(directory, "quick-start.mts"));
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe("the examples", () => {
  it("the quick start, copied from the README, prints what it says and no warning, and ends", async () => {
    const { stdout, stderr } = await quickStart();
    expect(stderr).toBe("");
    expect(stdout).toContain("1250\n");
    expect(stdout).toContain("{ owner: 'Ada', cents: 1250 }");
    expect(stdout.trimEnd().endsWith("1 Opened\n2 Deposited")).toBe(true);
  });

  it("cafe holds all it claims", async () => {
    const { stdout, stderr } = await example("cafe", "--fast");
    expect(stdout.match(/^✓ /gm)).toHaveLength(10);
    expect(stdout).not.toContain("✗");
    expect(stderr).toBe("");
  });

  it("checkout holds all it claims", async () => {
    const { stdout } = await example("checkout");
    expect(stdout.match(/^✓ /gm)).toHaveLength(6);
    expect(stdout).not.toContain("✗");
  });

  it("cafe says how it is used, and refuses what it does not know", async () => {
    expect((await example("cafe", "--help")).stdout).toMatch(/--seed/);
    await expect(example("cafe", "--nonsense")).rejects.toMatchObject({ code: 1 });
  });
});
