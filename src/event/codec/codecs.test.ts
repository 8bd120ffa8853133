import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../errors.ts";
import { maxDepth } from "./codec.ts";
import { jsonCodec } from "./json-codec.ts";
import { msgpackCodec } from "./msgpack-codec.ts";

const number = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((n) => (Object.is(n, -0) ? 0 : n));
const text = fc.string({ unit: "grapheme" }).filter((s) => s.isWellFormed());
const key = text.filter((s) => s !== "__proto__");
const common = [fc.constant(null), fc.boolean(), number, fc.maxSafeInteger(), text];

/** Texts at the lengths where MessagePack, V8 or Node go another way, in bytes of UTF-8. */
function boundaryTexts(): string[] {
  const texts = ["\ufeff", "\ufeff\ufeff", "\ufffd", "\u0000"];
  for (const bytes of [12, 13, 31, 32, 63, 64, 65, 255, 256, 65_535, 65_536, 70_000]) {
    for (const unit of ["a", "\u00fc", "\u20ac", "\ufeff", "\u{1f600}"]) {
      const size = Buffer.byteLength(unit);
      const text = unit.repeat(bytes / size) + "z".repeat(bytes % size);
      texts.push(text, `\ufeff${text.slice(3)}`, `${text.slice(0, -3)}\ufeff`);
    }
  }
  return texts.filter((one) => one.isWellFormed());
}

const extra = [
  fc.date({ noInvalidDate: true }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.uint8Array(),
];

function valueOf(leaves: fc.Arbitrary<unknown>[]): fc.Arbitrary<unknown> {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, ...leaves, tie("list"), tie("map")),
    list: fc.array(tie("value"), { maxLength: 6 }),
    map: fc.dictionary(key, tie("value"), { maxKeys: 6, noNullPrototype: true }),
  }));
  return value;
}

describe.each([
  ["msgpack", msgpackCodec, valueOf([...common, ...extra])],
  ["json", jsonCodec, valueOf(common)],
] as const)("the %s codec", (_, codec, values) => {
  it("brings back every value it declares as it was", () => {
    fc.assert(
      fc.property(values, (value) => {
        const copy = Uint8Array.from(codec.encode(value, "X"));
        expect(codec.decode(copy, "X")).toStrictEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it("brings back texts and keys of every length, and U+FEFF wherever it stands", () => {
    for (const one of boundaryTexts()) {
      for (const value of [
        one,
        [one, one],
        { [one]: one },
        { a: 1, [one]: { [one]: [] }, b: one },
      ]) {
        const back = codec.decode(Uint8Array.from(codec.encode(value, "X")), "X");
        expect(isDeepStrictEqual(back, value), `${one.slice(0, 4)} of ${one.length}`).toBe(true);
      }
    }
  });

  it.each([
    ["undefined", { a: { b: undefined } }, ".a.b"],
    ["a function", { a: [() => 1] }, ".a[0]"],
    ["a symbol", { a: Symbol("x") }, ".a"],
    ["NaN", { a: Number.NaN }, ".a"],
    ["Infinity", [Infinity], "[0]"],
    ["-0", { a: -0 }, ".a"],
    ["a Map", { a: new Map() }, ".a"],
    ["a Set", { a: new Set() }, ".a"],
    ["a class instance", { a: new (class Money {})() }, ".a"],
    ["a RegExp", { a: /x/ }, ".a"],
    ["a Buffer", { a: Buffer.from("x") }, ".a"],
    ["a Float32Array", { a: new Float32Array(1) }, ".a"],
    ["an invalid Date", { a: new Date(Number.NaN) }, ".a"],
    ["a lone surrogate", { a: "\ud800" }, ".a"],
    ["a lone surrogate in a key", { a: { "\udfff": 1 } }, ".a"],
    ["a symbol key", { a: { [Symbol("x")]: 1 } }, ".a"],
    ["an own __proto__", { a: JSON.parse('{"__proto__":1}') as unknown }, ".a"],
    ["a hole", { a: Array.from({ length: 2 }).fill(1, 0, 1) }, ".a[1]"],
    ["an array of a class", { a: new (class Items extends Array {})() }, ".a"],
    ["a sparse array", { a: Object.assign([], { length: 1 }) }, ".a"],
    ["a bigint of 65 bits", { a: 2n ** 64n }, ".a"],
    ["an array with a name", { a: Object.assign([1], { extra: 1 }) }, ".a"],
  ])("refuses %s and says where it is", (_name, value, path) => {
    const refused = (): unknown => codec.encode(value, "X");
    expect(refused).toThrow(InvalidInputError);
    expect(refused).toThrow(expect.objectContaining({ field: path }));
  });

  it("refuses a cycle, and what is nested deeper than it would read", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => codec.encode(cycle, "X")).toThrow(/nested deeper/);
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(() => codec.encode(nested(maxDepth + 1), "X")).toThrow(/nested deeper/);
    const deepest = codec.encode(nested(maxDepth), "X");
    expect(codec.decode(deepest, "X")).toEqual(nested(maxDepth));
  });

  it("survives whatever bytes it is given", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          codec.decode(bytes, "X");
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("the json codec", () => {
  it.each([new Date(0), 1n, new Uint8Array(1)])("does not carry %s", (value) => {
    expect(() => jsonCodec.encode({ value }, "X")).toThrow(/codec (must|does not) carry/);
  });

  it.each([
    ["a key __proto__", '{"a":{"__proto__":{"admin":true}}}'],
    ["a number beyond range", "[1e999]"],
    ["nesting without end", "[".repeat(500) + "]".repeat(500)],
    ["bytes that are not UTF-8", "\xff"],
    ["half a character, escaped", '{"a":"\\ud800"}'],
    ["half a character in a key", '{"\\udc00":1}'],
  ])("does not read %s", (_, text) => {
    expect(() => jsonCodec.decode(Buffer.from(text, "latin1"), "X")).toThrow();
  });
});

describe("the msgpack codec", () => {
  it.each([
    ["a key __proto__", "81a95f5f70726f746f5f5fc0"],
    ["an extension that builds a RegExp", "d578a178"],
    ["a record definition", "d4720190"],
    ["an array that claims four billion items", "ddffffffff"],
    ["a map that claims four billion entries", "dfffffffff"],
    ["a string beyond the end", "dbffffffffaa"],
    ["a key that is a number", "810101"],
    ["nesting without end", "91".repeat(500) + "c0"],
    ["a text that is not UTF-8", "a1ff"],
    ["a long text that is not UTF-8", `d94d${"61".repeat(76)}ff`],
    ["half a character", "a3eda080"],
    ["a key that is not UTF-8", "81a1ffc0"],
    ["the unused byte", "c1"],
    ["bytes after the value", "c0c0"],
  ])("does not read %s", (_, hex) => {
    expect(() => msgpackCodec.decode(Buffer.from(hex, "hex"), "X")).toThrow(RangeError);
  });

  it.each([
    ["seconds in 32 bits", "d6ff00000001", 1_000],
    ["seconds in 34 bits and nanoseconds", "d7ff0764170000000001", 1_031],
    ["seconds in 64 bits and nanoseconds", "c70cff000f4240ffffffffffffffff", -999],
  ])("reads a timestamp of %s", (_, hex, ms) => {
    expect(msgpackCodec.decode(Buffer.from(hex, "hex"), "X")).toEqual(new Date(ms));
  });

  it("reads what other writers choose: wide heads, narrow floats", () => {
    const read = (hex: string): unknown => msgpackCodec.decode(Buffer.from(hex, "hex"), "X");
    expect(read("dd00000001df00000001db0000000161ca3fc00000")).toEqual([{ a: 1.5 }]);
    expect(read("dc0002d1ff00d3ffffffffffffffff")).toEqual([-256, -1n]);
  });

  it("decodes bytes as plain views into what it was given", () => {
    const message = Uint8Array.from(msgpackCodec.encode({ frame: new Uint8Array([1, 2, 3]) }, "X"));
    const { frame } = msgpackCodec.decode(message, "X") as { frame: Uint8Array };
    expect(Object.getPrototypeOf(frame)).toBe(Uint8Array.prototype);
    expect(frame.buffer).toBe(message.buffer);
  });
});
