import { build } from "esbuild";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as mine from "jetfold";
import type { MemoryStore } from "jetfold/memory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, CounterEvents } from "../faults/counter.ts";
import { until } from "../faults/until.ts";

/** Another copy of the package, as a bundler makes it. */
type Copy = typeof mine & { readonly MemoryStore: typeof MemoryStore };

let directory: string;
let copy: Copy;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "jetfold-copy-"));
  const outfile = join(directory, "bundle.mjs");
  const source = (path: string): string =>
    JSON.stringify(new URL(`../../src/${path}`, import.meta.url).pathname);
  const contents = `export * from ${source("index.ts")}; export * from ${source("memory/index.ts")};`;
  await build({
    stdin: { contents, resolveDir: process.cwd() },
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  copy = (await import(pathToFileURL(outfile).href)) as Copy;
});
afterAll(() => rm(directory, { recursive: true }));

describe("another copy of the package, minified", () => {
  test("has errors whose names are whole, and that are recognised here", () => {
    const error = new copy.ConflictError({ family: "Tab", id: "a" }, 1, 2);
    expect(error).not.toBeInstanceOf(mine.ConflictError);
    expect(error.name).toBe("ConflictError");
    expect(String(error.stack)).toMatch(/^ConflictError: conflict on Tab "a"/);
    expect(mine.isJetfoldError(error, "conflict")).toBe(true);
    expect(copy.isJetfoldError(new mine.ParkedError("p", error, 1), "parked")).toBe(true);
    expect(mine.isRejection(new copy.Rejection("no"), "no")).toBe(true);
    expect(new copy.Rejection("no").name).toBe("Rejection");
  });

  test("has a store on which 20 rivals of this copy all succeed", async () => {
    await using store = await copy.MemoryStore.open({ name: "s" });
    const done = await Promise.all(
      Array.from({ length: 20 }, (_, step) =>
        mine.execute(store, Counter, "a", { by: `w${step}`, step: 1 }),
      ),
    );
    expect(done).toHaveLength(20);
    expect((await mine.read(store, Counter, "a")).state.count).toBe(20);
  });

  test("has checkpoints by which a projection of this copy is superseded, and noticed twice", async () => {
    await using store = await copy.MemoryStore.open({ name: "s" });
    const checkpoints = copy.kvCheckpoints(store);
    const of = (version: number) =>
      mine.defineProjection({
        name: "p",
        version,
        events: CounterEvents,
        project: () => undefined,
      });
    await mine.execute(store, Counter, "a", { by: "w", step: 1 });
    const first = mine.observe(store, of(1), { checkpoints });
    await first.caughtUp();
    const second = mine.observe(store, of(2), { checkpoints: mine.kvCheckpoints(store) });
    await second.activated();
    await until("the first to be superseded", () => first.state === "superseded");
    await Promise.all([first.done, second.stop()]);
  });
});
