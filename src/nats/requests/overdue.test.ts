import { describe, expect, it } from "vitest";
import { overdue, type Signs, silenceMs, type Timed } from "./overdue.ts";

/** Sent at 1,000, when 500 bytes had been handed over, itself included. */
function request(changes: Partial<Timed> = {}): Timed {
  const outgoing = { timeoutMs: 2_000 };
  return { outgoing, limitAt: Infinity, sentAt: 1_000, since: Infinity, position: 500, ...changes };
}

const nothing: Signs = { left: 0, provedAt: -Infinity, heardAt: 0 };
const arrived: Signs = { ...nothing, left: 500 };

describe("a request", () => {
  it("that is still queued is not given up, whatever its time, while anything is heard", () => {
    for (const now of [1_300, 3_500, 60_000]) {
      expect(overdue(request(), { ...nothing, heardAt: now - 1_000 }, now)).toBe("ask");
    }
  });

  it("has its time from when it is known to have left", () => {
    const one = request();
    expect(overdue(one, arrived, 9_000)).toBeUndefined();
    expect(overdue(one, arrived, 10_999)).toBeUndefined();
    expect(overdue(one, arrived, 11_000)).toBe("ask");
  });

  it("is given up once a sign of life came that was asked for after its time", () => {
    const one = request({ since: 1_000 });
    expect(overdue(one, { ...arrived, provedAt: 2_999 }, 3_100)).toBe("ask");
    expect(overdue(one, { ...arrived, provedAt: 3_000 }, 3_100)).toBe("timeout");
  });

  it("is given up when nothing comes at all for long", () => {
    const heardAt = 4_000;
    const late = heardAt + silenceMs;
    for (const one of [request(), request({ since: 1_000 })]) {
      expect(overdue(one, { ...nothing, heardAt }, late - 1)).toBe("ask");
      expect(overdue(one, { ...nothing, heardAt }, late)).toBe("silence");
    }
  });

  it("ends at its limit: without an answer, or without having been sent", () => {
    const limitAt = 5_000;
    expect(overdue(request({ limitAt }), arrived, 5_000)).toBe("timeout");
    expect(overdue(request({ limitAt, sentAt: Infinity }), arrived, 4_999)).toBeUndefined();
    expect(overdue(request({ limitAt, sentAt: Infinity }), arrived, 5_000)).toBe("unsent");
  });

  it("asks early, and earlier the less time it has", () => {
    expect(overdue(request(), nothing, 1_199)).toBeUndefined();
    expect(overdue(request(), nothing, 1_200)).toBe("ask");
    const hasty = request({ outgoing: { timeoutMs: 20 } });
    expect(overdue(hasty, nothing, 1_010)).toBe("ask");
  });
});
