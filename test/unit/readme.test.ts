import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

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
