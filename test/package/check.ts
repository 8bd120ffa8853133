import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createChecklist, type Checklist } from "./checklist.ts";
import { checkBare, checkOldest, checkUser } from "./installed.ts";
import { run } from "./run.ts";
import {
  assertContents,
  assertLinks,
  assertSourceMaps,
  assertTargets,
  packInto,
  readManifest,
  type Tarball,
} from "./tarball.ts";
import { checkTwoCopies } from "./two-copies.ts";

/** Pack this package, and use it as its users do: what they get works, and they get all of it. */
async function main(): Promise<number> {
  const list = createChecklist((line) => console.log(line));
  const work = await mkdtemp(join(tmpdir(), "jetfold-package-"));
  try {
    const tarball = await list.check("packs what it builds, where nothing was built", async () => {
      await rm("dist", { recursive: true, force: true });
      return packInto(join(work, "pack"));
    });
    if (tarball !== undefined) {
      await checkTarball(list, tarball);
      await checkTwoCopies(list, tarball, join(work, "two-copies"));
      await checkInstalled(list, tarball, work);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return list.finish();
}

async function checkTarball(list: Checklist, tarball: Tarball): Promise<void> {
  await list.check("has code, sources and documents, and no tests", () => assertContents(tarball));
  await list.check("its documents link to nothing else", () => assertLinks(tarball));
  await list.check("has every file that exports name", () => assertTargets(tarball));
  await list.check("has what its source maps point to", () => assertSourceMaps(tarball));
  await list.check("publint has nothing to say", async () => {
    await run(resolve("node_modules/.bin/publint"), [tarball.file, "--strict"]);
  });
  await list.check("its types resolve as its code does (attw)", async () => {
    await run(resolve("node_modules/.bin/attw"), [tarball.file, "--profile", "esm-only"]);
  });
}

async function checkInstalled(list: Checklist, tarball: Tarball, work: string): Promise<void> {
  const { exports, peerDependencies } = await readManifest(tarball.directory);
  const entries = Object.keys(exports)
    .filter((path) => path !== "./package.json")
    .map((path) => path.replace(/^\./, "jetfold"));
  const tried = { tarball: tarball.file, entries };
  await Promise.all([
    checkUser(list, { ...tried, directory: join(work, "user") }),
    checkOldest(list, { ...tried, directory: join(work, "oldest") }, peerDependencies),
    checkBare(list, { ...tried, directory: join(work, "bare") }),
  ]);
}

process.exitCode = await main();
