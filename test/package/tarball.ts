import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { run } from "./run.ts";

/** What `npm pack` made. */
export interface Tarball {
  readonly file: string;
  /** The unpacked package. */
  readonly directory: string;
  /** Paths in it, relative to its root. */
  readonly files: readonly string[];
}

/** The parts of package.json that are read here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** The documents a release has. */
const documents = [
  "package.json",
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
  "docs/reference/errors.md",
];

/** Build and pack into a directory. */
export async function packInto(directory: string): Promise<Tarball> {
  await mkdir(directory, { recursive: true });
  const args = ["pack", "--silent", "--pack-destination", directory];
  const printed = await run("npm", args);
  const file = join(directory, printed.split("\n").at(-1)!.trim());
  assert.ok(existsSync(file), `npm pack printed no file name but: ${printed}`);
  await run("tar", ["-xzf", file, "-C", directory]);
  const listed = await run("tar", ["-tzf", file]);
  const files = listed.split("\n").map((path) => path.replace(/^package\//, ""));
  return { file, directory: join(directory, "package"), files };
}

export async function readManifest(directory: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as Manifest;
}

/** Code, its sources, and the documents this repository has; no tests, nothing else. */
export async function assertContents({ files }: Tarball): Promise<void> {
  const expected = documents.filter((path) => existsSync(path));
  assert.deepEqual(
    expected.filter((path) => !files.includes(path)),
    [],
    "documents are missing",
  );
  const strangers = files.filter(
    (path) => !documents.includes(path) && !/^(dist|src)\/.*\.(js|d\.ts|map|ts)$/.test(path),
  );
  assert.deepEqual(strangers, [], "files that are neither code nor documents");
  const tests = files.filter((path) => /\.(test|spec|bench)(-d)?\.|__|\.tsbuildinfo/.test(path));
  assert.deepEqual(tests, [], "tests are in the package");
}

/** Every path that `exports` names is there. */
export async function assertTargets({ directory, files }: Tarball): Promise<void> {
  const { exports } = await readManifest(directory);
  const targets = Object.values(exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry),
  );
  const missing = targets.filter((target) => !files.includes(posix.normalize(target)));
  assert.deepEqual(missing, [], "exports name files that are not packed");
}

/** What a map of the package points to is in the package, so that "go to definition" arrives. */
export async function assertSourceMaps({ directory, files }: Tarball): Promise<void> {
  const packed = new Set(files);
  for (const path of files.filter((file) => file.endsWith(".map"))) {
    const map = JSON.parse(await readFile(join(directory, path), "utf8")) as { sources: string[] };
    for (const source of map.sources) {
      const target = posix.join(dirname(path), source);
      assert.ok(packed.has(target), `${path} points to ${target}, which is not packed`);
    }
  }
}

/** The anchors that the headings of a document make. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!.toLowerCase());
  return headings.map((heading) => heading.replaceAll(/[^\w -]/g, "").replaceAll(" ", "-"));
}

/** Its documents link to nothing but what is in it. */
export async function assertLinks({ directory, files }: Tarball): Promise<void> {
  const read = (path: string): Promise<string> => readFile(join(directory, path), "utf8");
  const dead: string[] = [];
  for (const document of files.filter((path) => path.endsWith(".md"))) {
    for (const [, link] of (await read(document)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const [path, anchor] = link!.split("#") as [string, string?];
      const target = path === "" ? document : posix.join(posix.dirname(document), path);
      const there =
        files.includes(target) &&
        (anchor === undefined || anchorsOf(await read(target)).includes(anchor));
      if (!there) dead.push(`${document}: ${link}`);
    }
  }
  assert.deepEqual(dead, [], "documents link to what is not packed");
}
