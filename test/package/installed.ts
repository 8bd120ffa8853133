import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Checklist } from "./checklist.ts";
import { importing, missing, requiring } from "./loading.ts";
import { createProject, type Project } from "./project.ts";

/** What is tried in a project that has the package installed. */
export interface Tried {
  /** The packed package. */
  readonly tarball: string;
  /** Where the project is made. */
  readonly directory: string;
  /** All that can be imported: `jetfold`, `jetfold/nats` … */
  readonly entries: readonly string[];
}

/** The oldest TypeScript that must understand the declarations, beside the one of this repository. */
const olderTypeScript = "5.9.3";
const ownTsc = resolve("node_modules/typescript/bin/tsc");
const nats = ["@nats-io/nats-core", "@nats-io/jetstream", "@nats-io/transport-node"];

/** The entries that need a peer dependency, and which ones: any of them may be named as missing. */
const needs: Readonly<Record<string, readonly string[]>> = {
  "jetfold/nats": nats,
  "jetfold/rx": ["rxjs"],
};

const strict = {
  target: "es2023",
  lib: ["es2023"],
  types: ["node"],
  strict: true,
  skipLibCheck: false,
  outDir: "out",
};
const nodeProject = { compilerOptions: { ...strict, module: "nodenext" } };
const bundlerProject = {
  compilerOptions: { ...strict, module: "esnext", moduleResolution: "bundler", noEmit: true },
};

/** A user's project: everything loads, compiles and runs. */
export async function checkUser(list: Checklist, tried: Tried): Promise<void> {
  const { entries, tarball, directory } = tried;
  const user = await list.check("installs beside NATS and rxjs", async () =>
    createProject(directory, [tarball, ...(await userPackages())]),
  );
  if (user === undefined) return;
  await list.check(`import loads ${entries.join(", ")}`, () => load(user, entries));
  await list.check("require gives the same objects as import", async () => {
    await user.write("require.cjs", requiring(entries));
    await user.node("require.cjs");
  });
  await writeConsumer(user);
  await list.check("its declarations compile with this repository's TypeScript", async () => {
    await user.compile(ownTsc);
  });
  await list.check(`its declarations compile with TypeScript ${olderTypeScript}`, async () => {
    const tsc = "node_modules/typescript/bin/tsc";
    await user.compile(tsc);
    await user.compile(tsc, "tsconfig.bundler.json");
  });
  await list.check("a program that uses it runs", async () => {
    assert.equal(await user.node("out/consumer.js"), "consumer: done");
  });
}

/** NATS and rxjs at the lower ends of the ranges that package.json declares. */
export async function checkOldest(
  list: Checklist,
  tried: Tried,
  peers: Readonly<Record<string, string>>,
): Promise<void> {
  await list.check("loads and compiles beside the oldest NATS and rxjs it allows", async () => {
    const oldestOf = (name: string): string => {
      const oldest = peers[name]?.replace(/^\^/, "") ?? "";
      assert.match(oldest, /^\d+\.\d+\.\d+$/, `the peer range of ${name} is no ^x.y.z`);
      return oldest;
    };
    const packages = nats.map((name) => `${name}@${oldestOf("@nats-io/nats-core")}`);
    packages.push(`rxjs@${oldestOf("rxjs")}`, ...(await locked("@types/node")));
    const project = await createProject(tried.directory, [tried.tarball, ...packages]);
    await load(project, tried.entries);
    await writeConsumer(project);
    await project.compile(ownTsc);
  });
}

/** No NATS and no rxjs: what does not need them loads, and what does says what is missing. */
export async function checkBare(list: Checklist, tried: Tried): Promise<void> {
  const { tarball, directory } = tried;
  const bare = await list.check("installs without NATS and rxjs", async () =>
    createProject(directory, [tarball], ["--omit=peer"]),
  );
  if (bare === undefined) return;
  const entries = tried.entries.filter((entry) => needs[entry] === undefined);
  await list.check(`${entries.join(", ")} load without NATS and rxjs`, async () => {
    assert.ok(!existsSync(join(directory, "node_modules/@nats-io")), "NATS is installed");
    assert.ok(!existsSync(join(directory, "node_modules/rxjs")), "rxjs is installed");
    await load(bare, entries);
  });
  for (const [entry, packages] of Object.entries(needs)) {
    await list.check(`${entry} without what it needs fails naming what is missing`, async () => {
      await bare.write("missing.mjs", missing(entry, packages));
      await bare.node("missing.mjs");
    });
  }
}

async function load(project: Project, entries: readonly string[]): Promise<void> {
  await project.write("import.mjs", importing(entries));
  await project.node("import.mjs");
}

async function writeConsumer(project: Project): Promise<void> {
  await project.write("consumer.ts", await readFile("test/package/consumer/consumer.ts", "utf8"));
  await project.write("tsconfig.json", JSON.stringify(nodeProject));
  await project.write("tsconfig.bundler.json", JSON.stringify(bundlerProject));
}

/** What a user installs beside jetfold, at the versions this repository is tested with. */
async function userPackages(): Promise<readonly string[]> {
  return [...(await locked(...nats, "rxjs", "@types/node")), `typescript@${olderTypeScript}`];
}

/** Packages with the versions of package-lock.json. */
async function locked(...names: readonly string[]): Promise<readonly string[]> {
  const lock = JSON.parse(await readFile("package-lock.json", "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly version: string }>>;
  };
  return names.map((name) => {
    const found = lock.packages[`node_modules/${name}`];
    assert.ok(found, `${name} is not in package-lock.json`);
    return `${name}@${found.version}`;
  });
}
