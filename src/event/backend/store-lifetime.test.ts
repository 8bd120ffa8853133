import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { StoreWarning } from "../index.ts";
import { StoreLifetime } from "./store-lifetime.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("what a closed store still does is not waited for without end, and is told of once", async () => {
  const warnings: StoreWarning[] = [];
  const lifetime = new StoreLifetime("the store", (one) => void warnings.push(one));
  let fail!: (error: Error) => void;
  lifetime.defer(new Promise((_, reject) => (fail = reject)), "snapshot");
  const closed = lifetime.close();
  await vi.advanceTimersByTimeAsync(4_999);
  expect(lifetime.signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1_001);
  await closed;
  expect(lifetime.signal.aborted).toBe(true);
  expect(warnings).toMatchObject([{ code: "close" }]);
  expect(warnings[0]!.message).toContain("the store is closed without 1 of what it does by itself");
  fail(new Error("late"));
  await vi.advanceTimersByTimeAsync(0);
  expect(warnings).toHaveLength(1);
});

test("what is done in time is waited for", async () => {
  const warnings: StoreWarning[] = [];
  const lifetime = new StoreLifetime("the store", (one) => void warnings.push(one));
  let done!: () => void;
  lifetime.defer(new Promise<void>((resolve) => (done = resolve)), "snapshot");
  const closed = lifetime.close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(lifetime.signal.aborted).toBe(false);
  done();
  await closed;
  expect(warnings).toEqual([]);
});
