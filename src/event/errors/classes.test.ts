import { readFile } from "node:fs/promises";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { type ErrorCode, isJetfoldError, Rejection } from "../index.ts";
import { errorClasses } from "./classes.ts";
import { errorBrand } from "./jetfold-error.ts";

const at = { kind: "commit", family: "Tab", id: "a", sequence: 7 } as const;

/** One of each. */
const samples: { readonly [Code in ErrorCode]: InstanceType<(typeof errorClasses)[Code]> } = {
  conflict: new errorClasses.conflict(at, 1, 2),
  "revision-mismatch": new errorClasses["revision-mismatch"](at, 1, 2),
  "bucket-conflict": new errorClasses["bucket-conflict"]("cafe-projections", "key", 1, 2),
  "not-found": new errorClasses["not-found"](at),
  rejected: new errorClasses.rejected(at, new Rejection("no")),
  "unknown-outcome": new errorClasses["unknown-outcome"]("id", 15_000),
  "commit-id-reused": new errorClasses["commit-id-reused"]("id"),
  "store-full": new errorClasses["store-full"]("full"),
  "truncation-blocked": new errorClasses["truncation-blocked"](
    at,
    { name: "list", version: 1 },
    true,
    "not yet",
  ),
  "import-mismatch": new errorClasses["import-mismatch"](3, "differs"),
  corrupt: new errorClasses.corrupt(at, "its checksum"),
  poison: new errorClasses.poison({ kind: "bucket", key: "active.list" }, "unreadable"),
  truncated: new errorClasses.truncated(at, 3),
  "stream-changed": new errorClasses["stream-changed"]("cafe", 9, "it is gone"),
  unavailable: new errorClasses.unavailable("away"),
  timeout: new errorClasses.timeout("late"),
  closed: new errorClasses.closed("closed"),
  config: new errorClasses.config("wrong"),
  "invalid-input": new errorClasses["invalid-input"]("id", "must be a name", "*"),
  unstorable: new errorClasses.unstorable("state.map", "must be plain", new Map()),
  overflow: new errorClasses.overflow("too many", 3),
  parked: new errorClasses.parked("list", at, 7),
  "not-running": new errorClasses["not-running"]("stopped"),
  standby: new errorClasses.standby("stands by"),
  superseded: new errorClasses.superseded("list", 1, 2),
  "second-runner": new errorClasses["second-runner"]("list", 1),
  checkpoint: new errorClasses.checkpoint("lost"),
  transaction: new errorClasses.transaction("ended"),
  "worker-crashed": new errorClasses["worker-crashed"]("crashed"),
};

describe.each(Object.entries(samples))("%s", (code, error) => {
  test("is told by its code, and has the name of its class", () => {
    expect(error.code).toBe(code);
    expect(error).toBeInstanceOf(errorClasses[code as ErrorCode]);
    expect(error.name).toBe(errorClasses[code as ErrorCode].name);
    expect(error.stack).toMatch(new RegExp(`^${error.name}: `));
    expect(isJetfoldError(error)).toBe(true);
    for (const other of Object.keys(errorClasses) as ErrorCode[]) {
      expect(isJetfoldError(error, other)).toBe(other === code);
    }
  });
});

test("two errors of one aggregate tell where they lie in the same words", () => {
  expect(samples.corrupt.message).toMatch(
    /^corrupt at sequence 7 \(Tab "a"\): its checksum \(`inspect` /,
  );
  expect(samples.poison.message).toBe('poison in the entry "active.list": unreadable');
  expect(samples.poison).toMatchObject({ sequence: 0, at: { kind: "bucket", key: "active.list" } });
});

test("an error of another copy, or realm, is one; what only looks like one is not", () => {
  const foreign = runInNewContext("Object.assign(new Error('x'), { code: 'parked' })") as object;
  expect(isJetfoldError(foreign)).toBe(false);
  Object.defineProperty(foreign, errorBrand, { value: true });
  expect(isJetfoldError(foreign, "parked")).toBe(true);
  for (const none of [
    undefined,
    null,
    "conflict",
    { code: "conflict" },
    new Rejection("conflict"),
  ]) {
    expect(isJetfoldError(none)).toBe(false);
    expect(isJetfoldError(none, "conflict")).toBe(false);
  }
});

test("docs/reference/errors.md has one row for each class, and no other", async () => {
  const path = new URL("../../../docs/reference/errors.md", import.meta.url);
  const rows = (await readFile(path, "utf8")).matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\|(.*)\|$/gm);
  const told = Array.from(rows, ([, code, name, rest]) => {
    const cells = rest!.split("|").map((cell) => cell.trim());
    expect(cells, code).toHaveLength(3);
    expect(
      cells.every((cell) => cell !== ""),
      code,
    ).toBe(true);
    return [code, name];
  });
  const classes = Object.entries(errorClasses).map(([code, { name }]) => [code, name]);
  expect(told).toHaveLength(classes.length);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(classes));
});
