import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** A test, as the table and the files name it. */
interface Named {
  readonly file: string;
  readonly name: string;
}

interface Row {
  readonly number: number;
  readonly here: string;
  readonly tests: readonly Named[];
}

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");

const rows = [...read("README.md").matchAll(/^\|\s*(\d+)\s*\|\s*(.+?)\s*\|\s*(.+?)\s*\|$/gm)].map(
  ([, number, , here]): Row => ({ number: Number(number), here: here!, tests: testsIn(here!) }),
);

/** The tests that are there and run: one that is skipped, or marked to fail, is not. */
const present = readdirSync(new URL(".", import.meta.url))
  .filter((file) => file.endsWith(".test.ts"))
  .flatMap((file) => {
    const titles = read(file).matchAll(/^\s*test(?:\.concurrent)?\(\s*"(defect [^"]*)"/gm);
    return [...titles].map(([, name]): Named => ({ file, name: name! }));
  });

/** The quoted names in a cell, each of the file named last before it. */
function testsIn(here: string): Named[] {
  const tests: Named[] = [];
  let file = "";
  for (const [, path, name] of here.matchAll(/`([a-z-]+\.test\.ts)`|"([^"]*)"/g)) {
    if (path !== undefined) file = path;
    else tests.push({ file, name: name! });
  }
  return tests;
}

function inOrder(tests: readonly Named[]): string[] {
  return tests.map(({ file, name }) => `${file}: ${name}`).sort();
}

test("every defect from 1 to 36 has one row, with a test or a reason", () => {
  const numbers = Array.from({ length: 36 }, (_, i) => i + 1);
  expect(rows.map(({ number }) => number)).toEqual(numbers);
  const bare = rows.filter(({ tests, here }) => tests.length === 0 && here.length < 20);
  expect(bare).toEqual([]);
});

test("the tests a row names are named after its defect", () => {
  const strays = rows.flatMap(({ number, tests }) =>
    tests.filter(({ name }) => !name.startsWith(`defect ${number}: `)),
  );
  expect(strays).toEqual([]);
});

test("the table names every test that is here, and none that is not", () => {
  const named = rows.flatMap(({ tests }) => tests);
  expect(named.length).toBeGreaterThan(36);
  expect(inOrder(named)).toEqual(inOrder(present));
});
