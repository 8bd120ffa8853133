import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { StoreWarning } from "../../event/index.ts";
import { Busy } from "./busy.ts";

const warnings: StoreWarning[] = [];
const busyOf = (transactional: boolean): Busy => {
  const warn = (warning: StoreWarning): void => void warnings.push(warning);
  return new Busy({ what: 'projection "p"', transactional, warn });
};

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 });
  warnings.length = 0;
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("a handler that does not settle is told of once, after 30 s", () => {
  const busy = busyOf(false);
  busy.begin();
  expect(busy.sinceMs).toBe(1_000);
  vi.advanceTimersByTime(29_999);
  expect(warnings).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(warnings).toMatchObject([{ code: "busy" }]);
  expect(warnings[0]!.message).toContain("since 1970-01-01T00:00:01.000Z");
  vi.advanceTimersByTime(600_000);
  expect(warnings).toHaveLength(1);
  busy.begin();
  vi.advanceTimersByTime(30_000);
  expect(warnings).toHaveLength(2);
});

test("handlers that settle are not told of, however many there are", () => {
  const busy = busyOf(false);
  for (let n = 0; n < 100; n++) {
    busy.begin();
    vi.advanceTimersByTime(29_000);
    busy.end();
    expect(busy.sinceMs).toBeUndefined();
    expect(vi.getTimerCount()).toBe(1);
  }
  vi.advanceTimersByTime(30_000);
  expect(warnings).toEqual([]);
});

test("the likely cause is named: a query beside the transaction, where there is one", () => {
  const busy = busyOf(true);
  busy.begin({ family: "Account", id: "ada", revision: 3 } as never);
  vi.advanceTimersByTime(30_000);
  expect(warnings[0]!.message).toMatch(/with Account "ada" at revision 3 .*db\.query.*not the tx/);
  busy.end();
});

test("nothing is told, and no timer left, when it is over", () => {
  const busy = busyOf(false);
  busy.begin();
  busy.close();
  expect(vi.getTimerCount()).toBe(0);
  busy.begin();
  vi.advanceTimersByTime(60_000);
  expect(warnings).toEqual([]);
});
