import { describe, expect, test } from "vitest";
import { Crashes } from "./crashes.ts";
import { formOf } from "./error-form.ts";
import type { ToMain } from "./messages.ts";
import { SharedHands } from "./shared-hands.ts";

const error = new Error("no memory left");
const cause = formOf(error);

/** A worker whose threads crash. */
class Lives {
  readonly crashes = new Crashes();
  /** The hand of the next thread. */
  next(key = "p") {
    const hear = (message: ToMain): void =>
      this.crashes.hear(message as Extract<ToMain, { kind: "hand" }>);
    return new SharedHands(this.crashes.list, hear).of(key);
  }
}

describe("what is in hand when a thread crashes", () => {
  test("is counted, where it is a single commit", () => {
    const lives = new Lives();
    for (let n = 1; n <= 3; n++) {
      const hand = lives.next();
      expect(hand.suspicionOf(7)?.crashes).toBe(n === 1 ? undefined : n - 1);
      hand.hold(6, 6);
      hand.hold(7, 7);
      lives.crashes.count(error);
    }
    expect(lives.next().suspicionOf(7)).toMatchObject({
      crashes: 3,
      cause: { message: error.message },
    });
    expect(lives.next().suspicionOf(6)).toBeUndefined();
    expect(lives.next("another").suspicionOf(7)).toBeUndefined();
  });

  test("is looked into one by one, where there are several", () => {
    const lives = new Lives();
    lives.next().hold(3, 9);
    lives.crashes.count(error);
    const hand = lives.next();
    const found = [2, 3, 9, 10].map((sequence) => hand.suspicionOf(sequence)?.crashes);
    expect(found).toEqual([undefined, 0, 0, undefined]);
  });

  test("is nothing, when that is so once", () => {
    const lives = new Lives();
    const hand = lives.next();
    hand.hold(7, 7);
    hand.release();
    lives.crashes.count(error);
    expect(lives.crashes.list).toEqual([]);
    lives.next().hold(7, 7);
  });

  test("is what came before, when nothing was in hand twice at the same place", () => {
    const lives = new Lives();
    for (let n = 1; n <= 2; n++) {
      const hand = lives.next();
      hand.hold(7, 7);
      hand.release();
      lives.crashes.count(error);
    }
    expect(lives.crashes.list).toEqual([{ key: "p", first: 0, last: 7, crashes: 0, cause }]);
  });

  test("is forgotten when it was handled after all", () => {
    const lives = new Lives();
    lives.next().hold(7, 7);
    lives.crashes.count(error);
    const hand = lives.next();
    hand.acquit(7);
    expect(hand.suspicionOf(7)).toBeUndefined();
    expect(lives.crashes.list).toEqual([]);
  });
});

test("the latest 100 suspects are remembered", () => {
  const lives = new Lives();
  for (let sequence = 1; sequence <= 102; sequence++) {
    lives.next().hold(sequence, sequence);
    lives.crashes.count(error);
  }
  expect(lives.crashes.list).toHaveLength(100);
  expect(lives.crashes.list[0]).toMatchObject({ first: 3 });
});
