import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(`${root}/${path}`, "utf8");

const readme = read("README.md");

it("shows the quick start, and nothing less than all of it", () => {
  const [, shown] = /## Quick start\n.*?```ts\n(.*?)```/s.exec(readme)!;
  expect(shown).toBe(read("examples/quick-start/main.ts"));
});

it("names only test files that exist", () => {
  const named = [...readme.matchAll(/`((?:[a-z-]+\/)*[a-z-]+\.test\.ts)`/g)].map(
    ([, path]) => path!,
  );
  expect(named.length).toBeGreaterThan(5);
  for (const path of named) {
    expect(() => read(path.startsWith("src/") ? path : `test/${path}`), path).not.toThrow();
  }
});

/** The anchors that its headings make. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

it("links, as the other documents of the package, to nothing but what is packed", async () => {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { stdout } = await promisify(execFile)("npm", args, { cwd: root });
  const packed: unknown = JSON.parse(stdout);
  // npm 12 gives an object by package, those before a list.
  const [{ files }] = Object.values(packed as object) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  const documents = paths.filter((path) => path.endsWith(".md"));
  expect(documents).toContain("README.md");
  const dead = documents.flatMap((document) => {
    const links = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    return links.filter((link) => {
      const [path, anchor] = link.split("#") as [string, string?];
      const target = path === "" ? document : posix.join(posix.dirname(document), path);
      if (/^https?:/.test(link)) return false;
      if (!paths.includes(target)) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
  });
  expect(dead).toEqual([]);
});
