import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { UnstorableError } from "./errors.ts";
import { copyOf, copyWhole } from "./copy.ts";

describe("a copy", () => {
  const original = (): Record<string, unknown> => ({
    text: "a",
    list: [1, { deep: [new Date(5)] }],
    at: new Date(7),
    bytes: Uint8Array.of(1, 2),
    floats: Float32Array.of(1.5),
    buffer: Buffer.from("b"),
    memory: Uint8Array.of(3).buffer,
    map: new Map<unknown, unknown>([["k", { v: 1 }]]),
    set: new Set<unknown>([{ s: 1 }]),
    bare: Object.assign(Object.create(null) as object, { n: [1] }),
    holes: Object.assign([], { length: 2 }),
    nothing: undefined,
  });

  it("equals its original, and shares nothing that can be changed", () => {
    const value = original();
    const copy = copyOf(value);
    expect(copy).toStrictEqual(value);
    (value["list"] as unknown[]).push("x");
    ((value["list"] as { deep: Date[] }[])[1]!.deep[0] as Date).setTime(0);
    (value["at"] as Date).setTime(0);
    (value["bytes"] as Uint8Array).fill(9);
    (value["floats"] as Float32Array).fill(9);
    (value["buffer"] as Buffer).fill(9);
    new Uint8Array(value["memory"] as ArrayBuffer).fill(9);
    ((value["map"] as Map<string, { v: number }>).get("k") as { v: number }).v = 9;
    (value["map"] as Map<string, unknown>).clear();
    for (const held of value["set"] as Set<{ s: number }>) held.s = 9;
    (value["bare"] as { n: number[] }).n.push(9);
    expect(copy).toStrictEqual(original());
  });

  it("of the whole has what an array has beside its items, too", () => {
    const match = /(?<last>b)/.exec("ab")!;
    const value = { match, holed: Object.assign([], { length: 3, 1: "x", of: { n: [1] } }) };
    const copy = copyWhole(value);
    expect(Object.entries(copy.match)).toEqual(Object.entries(match));
    expect(copy).toStrictEqual(value);
    (value.holed as unknown as { of: { n: number[] } }).of.n.push(9);
    expect((copy.holed as unknown as { of: unknown }).of).toEqual({ n: [1] });
  });

  it("keeps what is the same object in two places, and cycles", () => {
    const shared = { n: 1 };
    const value: Record<string, unknown> = {
      a: shared,
      b: [shared],
      m: new Map([[shared, shared]]),
    };
    value["self"] = value;
    const copy = copyOf(value) as { a: object; b: object[]; m: Map<object, object>; self: unknown };
    expect(copy.a).not.toBe(shared);
    expect(copy.b[0]).toBe(copy.a);
    expect([...copy.m][0]).toEqual([copy.a, copy.a]);
    expect(copy.m.get(copy.a)).toBe(copy.a);
    expect(copy.self).toBe(copy);
  });

  it("hands over what only its own class knows, and what is no object", () => {
    class Money {
      readonly #cents = [1];
      get cents(): number[] {
        return this.#cents;
      }
    }
    class Items extends Array<number> {}
    class Index extends Map<string, number> {}
    const held = { money: new Money(), items: new Items(), index: new Index(), f: () => 1, n: 1n };
    const copy = copyOf(held);
    for (const name of Object.keys(held) as (keyof typeof held)[])
      expect(copy[name]).toBe(held[name]);
    expect([copyOf(undefined), copyOf(null), copyOf("x")]).toEqual([undefined, null, "x"]);
  });

  it("takes the built-in values of another realm for what they are", () => {
    const foreign = runInNewContext(
      "({ list: [{ n: 1 }], at: new Date(5), map: new Map([[1, [2]]]) })",
    );
    const copy = copyOf(foreign) as { list: object[]; at: Date; map: Map<number, number[]> };
    foreign.list[0].n = foreign.list.push("x");
    foreign.at.setTime(0);
    foreign.map.get(1).push(3);
    expect(copy).toEqual({ list: [{ n: 1 }], at: new Date(5), map: new Map([[1, [2]]]) });
  });

  it("refuses what is nested deeper than the stack suffices for, and says where", () => {
    let list: unknown = { end: true };
    for (let i = 0; i < 100_000; i++) list = { next: list };
    const tree = { flat: { a: 1 }, items: [1, list], more: [{}] };
    expect(() => copyWhole(tree, "command")).toThrow(
      /^command\.items\.1\.next… must be nested less deep, got an object$/,
    );
    expect(() => copyOf(tree, "state")).toThrow(UnstorableError);
  });
});
