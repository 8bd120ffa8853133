import {
  ConflictError,
  InvalidInputError,
  isJetfoldError,
  isRejection,
  type RejectedError,
  TimeoutError,
} from "jetfold";
import { transfer } from "jetfold/worker";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { unreadable } from "./unreadable.ts";
import { type MemoryScreen, startMemory } from "./worker-site.ts";

let site: Site;
let screen: MemoryScreen;
beforeAll(async () => {
  site = await Site.start(1);
  const { store } = await site.client(storeName());
  screen = await startMemory(site, store.name);
});
afterAll(async () => {
  await screen.stop();
  await site.close();
});

/** Beyond the patience of a test: an error comes before. */
const waiting = { timeoutMs: 600_000 };

const thrownBy = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test("queries have arguments and results, side by side", async () => {
  const sums = Array.from({ length: 100 }, (_, n) => screen.query("add", [n, n]));
  expect(await Promise.all(sums)).toEqual(Array.from({ length: 100 }, (_, n) => 2 * n));
  expect(await screen.query("add", [1])).toBe(2);
});

test("a query that is not answered ends with its deadline, or its signal", async () => {
  const late = await thrownBy(screen.query("hang", [], { timeoutMs: 30 }));
  expect(late).toBeInstanceOf(TimeoutError);
  expect(String(late)).toContain(
    'memory-worker.ts" (at 0) did not answer query "hang" within 30 ms',
  );
  const aborting = new AbortController();
  const hanging = screen.query("hang", [], { signal: aborting.signal });
  aborting.abort(new Error("enough"));
  await expect(hanging).rejects.toThrow("enough");
  await expect(screen.query("add", [1], { signal: aborting.signal })).rejects.toThrow("enough");
});

test("a thread that is busy is not waited for beyond the deadline", async () => {
  const blocking = screen.query("block", [300]);
  const startedMs = performance.now();
  await expect(screen.caughtUp({ timeoutMs: 30 })).rejects.toMatchObject({ code: "timeout" });
  expect(performance.now() - startedMs).toBeLessThan(250);
  await blocking;
  await screen.caughtUp();
});

test("a query that there is not is named", async () => {
  for (const name of ["nothing", "toString", "__proto__"]) {
    const error = await thrownBy(screen.query(name as "hang"));
    expect(isJetfoldError(error, "invalid-input"), name).toBe(true);
    expect(String(error)).toContain('query must be "counts" or "add"');
  }
  await expect(screen.reached(-1)).rejects.toMatchObject({ code: "invalid-input" });
});

test("what can't be cloned is an error that says so, there and here", async () => {
  await expect(screen.query("notClonable")).rejects.toThrow(
    'result of query "notClonable" must be something that can be cloned, got an object',
  );
  const argument = (() => 1) as unknown as number;
  await expect(screen.query("add", [argument])).rejects.toThrow(
    'arguments of query "add" must be something that can be cloned',
  );
});

test("a buffer that is moved twice is an error at once, as argument and as result", async () => {
  const bytes = new Uint8Array(4).fill(2);
  expect(await screen.query("sum", [transfer(bytes)])).toBe(8);
  const again = await thrownBy(screen.query("sum", [transfer(bytes)], waiting));
  expect(again).toMatchObject({ code: "invalid-input" });
  expect(String(again)).toContain('arguments of query "sum": buffers[0] must not have been moved');
  expect(await screen.query("once")).toHaveLength(4);
  const result = await thrownBy(screen.query("once", [], waiting));
  expect(result).toMatchObject({ code: "invalid-input" });
  expect(String(result)).toContain('result of query "once": buffers[0] must not have been moved');
  expect(await screen.query("add", [1])).toBe(2);
});

test("what can't be read on the other side ends every query under way, there and here", async () => {
  for (const unread of [
    () => screen.query("sum", [unreadable() as never], waiting),
    () => screen.query("unreadable", [], waiting),
  ]) {
    const beside = thrownBy(screen.query("hang", [], waiting));
    const error = await thrownBy(unread());
    expect(error).toMatchObject({ code: "invalid-input" });
    expect(String(error)).toContain("must be something that another thread can read");
    expect(await beside).toMatchObject({ code: "invalid-input" });
  }
  expect(await screen.query("add", [1])).toBe(2);
});

describe("errors", () => {
  test("jetfold's are what they were", async () => {
    const rejected = await thrownBy(screen.query("fail", ["no"]));
    const { rejection } = rejected as RejectedError;
    expect(isRejection(rejection, "overdrawn")).toBe(true);
    expect(rejection).toMatchObject({ message: "there are 3", data: { had: 3 } });
    const conflict = await thrownBy(screen.query("fail", ["conflict"]));
    expect(conflict).toBeInstanceOf(ConflictError);
    expect(isJetfoldError(conflict, "conflict")).toBe(true);
    expect(conflict).toMatchObject({ name: "ConflictError", family: "Counter", actual: 2 });
    const input = await thrownBy(screen.query("fail", ["input"]));
    expect(input).toBeInstanceOf(InvalidInputError);
    expect(input).toMatchObject({ field: "f", rule: "must not be", cause: { code: "E_BELOW" } });
    expect((input as InvalidInputError).value).toContain("can't be cloned");
  });

  test("others keep name, message, code, stack and cause", async () => {
    const type = await thrownBy(screen.query("fail", ["type"]));
    expect(type).toBeInstanceOf(TypeError);
    expect(type).toMatchObject({ message: "no such thing", cause: { message: "below" } });
    const own = await thrownBy(screen.query("fail", ["own"]));
    expect(own).toBeInstanceOf(Error);
    expect(own).toMatchObject({ name: "OwnError", code: "E_OWN", details: { at: 5 } });
    expect((own as Error).stack).toContain("memory-worker.ts");
    expect(isJetfoldError(own)).toBe(false);
    expect(await thrownBy(screen.query("fail", ["text"]))).toBe("only text");
  });
});

describe("buffers", () => {
  test("of a result are moved: nothing is left in the worker", async () => {
    expect((await screen.query("copied")).byteLength).toBe(1_000);
    expect(await screen.query("left")).toBe(1_000);
    const moved = await screen.query("moved");
    expect([moved.byteLength, moved[0]]).toEqual([1_000, 7]);
    expect(await screen.query("left")).toBe(0);
    const { bytes, note } = await screen.query("fresh");
    expect([bytes.byteLength, bytes[999], note]).toEqual([1_000, 8, "moved"]);
    expect(await screen.query("left")).toBe(0);
  });

  test("of an argument are moved: nothing is left here", async () => {
    const bytes = new Uint8Array(500).fill(2);
    expect(await screen.query("sum", [bytes])).toBe(1_000);
    expect(bytes.byteLength).toBe(500);
    expect(await screen.query("sum", [transfer(bytes)])).toBe(1_000);
    expect(bytes.byteLength).toBe(0);
  });

  test("a part of a buffer is not moved: others may use the rest", () => {
    const part = new Uint8Array(10).subarray(2);
    expect(() => transfer(part)).toThrow("buffers[0] must be an ArrayBuffer");
    expect(() => transfer({ part }, [new ArrayBuffer(1), part])).toThrow("buffers[1]");
    expect(() => transfer(new Uint8Array(new SharedArrayBuffer(8)))).toThrow("buffers[0]");
    const buffer = new ArrayBuffer(8);
    const twice = transfer(buffer, [buffer, new Uint8Array(buffer)]);
    expect(twice.buffers).toEqual([buffer]);
  });

  test("what can't be sent is not moved either", async () => {
    const bytes = new Uint8Array(10);
    const mixed = transfer({ bytes, f: () => 1 }, [bytes]) as never;
    await expect(screen.query("sum", [mixed])).rejects.toMatchObject({ code: "invalid-input" });
    expect(bytes.byteLength).toBe(10);
    await until("the next one", async () => (await screen.query("add", [1])) === 2);
  });
});
