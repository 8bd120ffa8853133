import { describe, expect, test } from "vitest";
import { compact } from "./compact.ts";
import { transfer } from "./transfer.ts";

const buffer = new Uint8Array(4_096).fill(1).buffer;
const part = new Uint8Array(buffer, 8, 40);

/** How many bytes of memory a value's clone holds. */
function cloned(view: ArrayBufferView): number {
  return structuredClone(view).buffer.byteLength;
}

describe("what is sent to another thread", () => {
  test("brings nothing along of the buffers that it shows a part of", () => {
    const given = { list: [part], map: new Map([["a", part]]), set: new Set([part]), n: 1 };
    const sent = compact(given, []) as typeof given;
    expect(sent).toEqual(given);
    for (const view of [sent.list[0]!, sent.map.get("a")!, [...sent.set][0]!]) {
      expect(cloned(part)).toBe(4_096);
      expect(cloned(view)).toBe(40);
    }
    expect(sent.map.get("a")).toBe(sent.list[0]);
  });

  test.each<[string, ArrayBufferView]>([
    ["Float64Array", new Float64Array(buffer, 16, 3)],
    ["DataView", new DataView(buffer, 1, 3)],
    ["Buffer", Buffer.from(buffer, 5, 7)],
  ])("keeps the kind of a %s", (_, view) => {
    const sent = compact(view, []) as ArrayBufferView;
    expect(structuredClone(sent)).toEqual(structuredClone(view));
    expect(cloned(sent)).toBe(view.byteLength);
  });

  test("is the value itself where nothing is to be left out", () => {
    const whole = { bytes: new Uint8Array(4), date: new Date(0), list: [{ deep: [1, "2", null] }] };
    expect(compact(whole, [])).toBe(whole);
    const moved = { part };
    expect(compact(moved, [buffer])).toBe(moved);
    const shared = new Uint8Array(new SharedArrayBuffer(8)).subarray(2);
    expect(compact(shared, [])).toBe(shared);
  });

  test("may hold itself", () => {
    const cycle: { self?: unknown; part: Uint8Array } = { part };
    cycle.self = [cycle];
    const sent = compact(cycle, []) as typeof cycle;
    expect(cloned(sent.part)).toBe(40);
    expect((sent.self as unknown[])[0]).toBe(sent);
  });
});

describe("what is moved", () => {
  test("is no buffer of which the value shows a part", () => {
    for (const value of [part, { deep: [part] }, new Map([[1, part]])]) {
      expect(() => transfer(value, [buffer])).toThrow("buffers[0] must be shown as a whole");
    }
    const whole = new Uint8Array(buffer);
    expect(transfer({ part, whole }, [buffer]).buffers).toEqual([buffer]);
    expect(transfer({ note: "elsewhere" }, [buffer]).buffers).toEqual([buffer]);
  });
});
