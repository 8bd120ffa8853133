import fc from "fast-check";
import { expect, it } from "vitest";
import { Waiters } from "./waiters.ts";

interface Waiter {
  token: number;
}

const waiter = (): Waiter => ({ token: -1 });

/** Add (an integer: how many) or remove (by position among those there). */
const steps = fc.array(
  fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 400 }) }),
    fc.record({
      remove: fc.integer({ min: 0, max: 1_000 }),
      count: fc.integer({ min: 1, max: 500 }),
    }),
    fc.constant({ all: true as const }),
  ),
  { maxLength: 40 },
);

it("finds exactly what was added and not removed, whatever comes and goes", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const waiters = new Waiters<Waiter>();
      const there = new Map<number, Waiter>();
      const gone: Waiter[] = [];
      for (const step of all) {
        if ("add" in step) {
          for (let i = 0; i < step.add; i++) {
            const one = waiter();
            waiters.add(one);
            expect(there.has(one.token)).toBe(false);
            there.set(one.token, one);
          }
        } else if ("remove" in step) {
          for (const one of [...there.values()].slice(step.remove, step.remove + step.count)) {
            expect(waiters.remove(one)).toBe(true);
            there.delete(one.token);
            gone.push(one);
          }
        } else {
          expect(new Set(waiters.all())).toEqual(new Set(there.values()));
        }
        expect(waiters.size).toBe(there.size);
      }
      for (const [token, one] of there) expect(waiters.find(token)).toBe(one);
      for (const one of gone) {
        expect(waiters.find(one.token)).toBeUndefined();
        expect(waiters.remove(one)).toBe(false);
      }
      expect(waiters.find(NaN)).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});

it("gives no token twice, however many came and went", () => {
  const waiters = new Waiters<Waiter>();
  const stays = waiter();
  waiters.add(stays);
  const tokens = new Set([stays.token]);
  for (let i = 0; i < 5_000; i++) {
    const one = waiter();
    waiters.add(one);
    expect(tokens.has(one.token)).toBe(false);
    tokens.add(one.token);
    waiters.remove(one);
  }
  expect(waiters.all()).toEqual([stays]);
});
