import { describe, expect, it } from "vitest";
import { InFlight, type Turn } from "./in-flight.ts";

const mib = 1 << 20;

function turns(): {
  readonly started: Turn[];
  readonly inFlight: InFlight<Turn>;
  full(): number;
} {
  const started: Turn[] = [];
  let full = 0;
  const inFlight = new InFlight<Turn>(
    (turn) => (started.push(turn), true),
    () => void full++,
  );
  return { started, inFlight, full: () => full };
}

const turn = (ownBytes: number, heldBytes = ownBytes): Turn => ({
  ownBytes,
  heldBytes,
  position: 0,
});

describe("what is under way", () => {
  it("is 2 MiB that are not known to have left, at most; what is larger goes alone", () => {
    const { started, inFlight, full } = turns();
    for (let i = 0; i < 4; i++) inFlight.enter(turn(mib));
    expect([started.length, full()]).toEqual([2, 1]);
    inFlight.hasLeft(started[0]!.position);
    expect(started).toHaveLength(3);
    inFlight.hasLeft(inFlight.handed);
    expect(started).toHaveLength(4);
    inFlight.enter(turn(10 * mib));
    expect(started).toHaveLength(4);
    inFlight.hasLeft(inFlight.handed);
    expect(started).toHaveLength(5);
    inFlight.enter(turn(1));
    expect(started).toHaveLength(5);
  });

  it("is counted by what has left, not by what was answered", () => {
    const { started, inFlight } = turns();
    for (let i = 0; i < 12; i++) {
      inFlight.enter(turn(mib));
      inFlight.hasLeft(inFlight.handed);
    }
    expect(started).toHaveLength(12);
  });

  it("is 16 MiB with the awaited replies, and 1,024 requests; what awaits nothing is not counted", () => {
    const { started, inFlight } = turns();
    const large = Array.from({ length: 17 }, () => turn(1, mib));
    for (const one of large) inFlight.enter(one);
    expect(started).toHaveLength(16);
    inFlight.leave(large[0]!);
    expect(started).toHaveLength(17);
    const small = turns();
    for (let i = 0; i < 1_024; i++) small.inFlight.enter(turn(1));
    for (let i = 0; i < 10; i++) small.inFlight.enter(turn(1, 0));
    small.inFlight.enter(turn(1));
    expect(small.started).toHaveLength(1_034);
  });

  it("takes its turn in order, and is passed over when it is not wanted any more", () => {
    const started: Turn[] = [];
    const unwanted = turn(mib);
    const inFlight = new InFlight<Turn>(
      (one) => one !== unwanted && (started.push(one), true),
      () => undefined,
    );
    const all = [turn(2 * mib), turn(mib), unwanted, turn(mib)];
    for (const one of all) inFlight.enter(one);
    expect(started).toEqual([all[0]]);
    inFlight.hasLeft(inFlight.handed);
    expect(started).toEqual([all[0], all[1], all[3]]);
  });
});
