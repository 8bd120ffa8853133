import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Run an example as `npm run` does. Rejects when its exit code is not 0. */
function example(name: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const script = ["--import", "tsx", "-C", "@jetfold/source", `examples/${name}/main.ts`];
  return run(process.execPath, [...script, ...args], { cwd: root, timeout: 55_000 });
}

describe("the examples", () => {
  it("quick-start prints what its comments say", async () => {
    const { stdout } = await example("quick-start");
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
