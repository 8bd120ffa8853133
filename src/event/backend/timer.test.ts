import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backOff, deadlineIn } from "./deadline.ts";
import { delay, every, orLate, startTimer } from "./timer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const day = 86_400_000;

describe("a timer of any length", () => {
  it.each([1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 200 * day])("%d ms", (ms) => {
    const call = vi.fn<() => void>();
    startTimer(ms, call);
    vi.advanceTimersByTime(ms - 1);
    expect(call).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(call).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("Infinity is never", () => {
    const call = vi.fn<() => void>();
    const stop = startTimer(Infinity, call);
    vi.advanceTimersByTime(1_000 * day);
    expect(call).not.toHaveBeenCalled();
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("what is below 0 is over", () => {
    const call = vi.fn<() => void>();
    startTimer(-Infinity, call);
    vi.advanceTimersByTime(0);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it("what is no number is refused", async () => {
    expect(() => startTimer(Number.NaN, () => undefined)).toThrow("must be a number");
    await expect(delay(Number.NaN)).rejects.toMatchObject({ code: "invalid-input" });
  });
});

it("a long timer that is stopped is not over, however often it was renewed", () => {
  const call = vi.fn<() => void>();
  const stop = startTimer(100 * day, call);
  vi.advanceTimersByTime(99 * day);
  stop();
  stop();
  vi.advanceTimersByTime(9 * day);
  expect(call).not.toHaveBeenCalled();
});

it("every calls until it is stopped, also by what it calls", () => {
  let calls = 0;
  const stop = every(40 * day, () => {
    if (++calls === 3) stop();
  });
  vi.advanceTimersByTime(119 * day);
  expect(calls).toBe(2);
  vi.advanceTimersByTime(400 * day);
  expect(calls).toBe(3);
});

it("a delay that is aborted ends with the reason and leaves neither timer nor listener", async () => {
  const stop = new AbortController();
  const removed = vi.spyOn(stop.signal, "removeEventListener");
  const done = delay(5, { signal: stop.signal });
  await vi.advanceTimersByTimeAsync(5);
  await done;
  expect(removed).toHaveBeenCalledTimes(1);
  const reason = new Error("enough");
  const waiting = delay(90 * day, { signal: stop.signal });
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(delay(1, { signal: stop.signal })).rejects.toBe(reason);
  expect(vi.getTimerCount()).toBe(0);
});

it("orLate is whichever comes first", async () => {
  const late = (): Error => new Error("too late");
  expect(await orLate(Promise.resolve(1), 5, late)).toBe(1);
  const never = orLate(new Promise(() => undefined), 5, late);
  never.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(5);
  await expect(never).rejects.toThrow("too late");
  expect(vi.getTimerCount()).toBe(0);
});

it.each([
  [5_000, 0, 10],
  [0, 0, 10],
  [0, 10, Infinity],
  [3, Infinity, Infinity],
])("attempt %d waits a number of milliseconds (%d to %d)", async (attempt, firstMs, longestMs) => {
  for (const chance of [0, 0.5, 1 - 2 ** -53]) {
    vi.spyOn(Math, "random").mockReturnValue(chance);
    const waited = backOff(attempt, deadlineIn(100 * day), undefined, { firstMs, longestMs });
    await vi.advanceTimersByTimeAsync(100 * day);
    await waited;
  }
});
