import { type Codec, maxDepth } from "./codec.ts";
import { assertStorable } from "./storable.ts";

/**
 * JSON. Carries null, booleans, finite numbers, strings, plain objects and arrays, and nothing
 * else. A store with this codec holds readable JSON commits, whole.
 */
export const jsonCodec: Codec = {
  name: "json",
  encode(value) {
    assertStorable(value, { date: false, bigint: false, bytes: false });
    return Buffer.from(JSON.stringify(value));
  },
  decode(bytes) {
    return parseJson(bytes);
  },
};

/**
 * Parse JSON from bytes nobody vouches for.
 * @param levels - how many are around the values, which may nest as deep as {@link maxDepth}
 * @throws when it is not UTF-8 or not JSON, nests deeper than that, holds a number out
 *   of range, a text that is not well-formed or a key `__proto__`
 */
export function parseJson(bytes: Uint8Array, levels = 0): unknown {
  const value: unknown = JSON.parse(utf8.decode(bytes));
  assertParsed(value, -levels);
  return value;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function assertParsed(value: unknown, depth: number): void {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError("number too large");
  if (typeof value === "string") assertWellFormed(value);
  if (typeof value !== "object" || value === null) return;
  if (depth === maxDepth) throw new RangeError(`nested deeper than ${maxDepth}`);
  if (Array.isArray(value)) {
    for (const item of value) assertParsed(item, depth + 1);
    return;
  }
  if (Object.hasOwn(value, "__proto__")) throw new RangeError("an object with the key __proto__");
  for (const [key, item] of Object.entries(value)) {
    assertWellFormed(key);
    assertParsed(item, depth + 1);
  }
}

/** An escape (`"\\ud800"`) can spell half a character, which no other codec could carry. */
function assertWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new RangeError("a text that is not well-formed Unicode");
}
