import fc from "fast-check";
import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import type { Codec } from "./codec/codec.ts";
import { jsonCodec } from "./codec/json-codec.ts";
import { msgpackCodec } from "./codec/msgpack-codec.ts";
import { readValue } from "./codec/msgpack-read.ts";
import { Commit } from "./commit.ts";
import type { Envelope, EnvelopeOf } from "./envelope.ts";
import { PoisonError } from "./errors.ts";
import { defineEvents, type DomainEvent, type Family } from "./family.ts";
import { lazyEvent, pickFields } from "./pick-fields.ts";
import type { EncodedEvent, Frame } from "./wire/frame.ts";

vi.mock(import("./codec/msgpack-read.ts"), { spy: true });

interface Measured {
  readonly type: "Measured";
  readonly sensor: string;
  readonly at: Date;
  readonly samples: Uint8Array;
  readonly note?: string;
}
interface Failed {
  readonly type: "Failed";
  readonly sensor: string;
  readonly reason: string;
}

const Sensors = defineEvents<Measured | Failed>()({
  name: "Sensor",
  types: { Measured: {}, Failed: {} },
});

/** Events whose fields are whatever a test says. */
interface Anything {
  readonly type: "Anything";
  readonly [field: string]: unknown;
}
const Anythings = defineEvents<Anything>()({ name: "Anything", types: { Anything: {} } });

const codecs = new Map<string, Codec>([msgpackCodec, jsonCodec].map((one) => [one.name, one]));

function envelopeOf<Event extends DomainEvent>(
  family: Family<Event>,
  stored: Partial<EncodedEvent> & { readonly type: string },
  codec: string = msgpackCodec.name,
): Envelope<Event> {
  const frame: Frame = {
    family: family.name,
    id: "s1",
    firstRevision: 1,
    previousChecksum: 0,
    links: [],
    part: 1,
    parts: 1,
    commitId: "c1",
    codec,
    events: [{ version: 1, body: new Uint8Array(), ...stored }],
    metadata: undefined,
    base: undefined,
    checksum: 0,
    eventCount: 1,
    isOf: () => true,
    content: () => new Uint8Array(),
  };
  const commit = new Commit<Event>({ sequence: 7, timeMs: 0 }, frame, family, codecs);
  return commit.envelopes[0]!;
}

function anything(body: Uint8Array): Envelope<Anything> {
  return envelopeOf(Anythings, { type: "Anything", body });
}

/** A received message with the body somewhere in it. */
function received(value: object): Uint8Array {
  const body = msgpackCodec.encode(value, "");
  const message = new Uint8Array(body.length + 20);
  message.set(body, 7);
  return message.subarray(7, 7 + body.length);
}

const at = new Date("2026-03-01T12:00:00Z");
const samples = Uint8Array.from({ length: 1_000 }, (_, i) => i);
const measured = envelopeOf(Sensors, {
  type: "Measured",
  body: received({ sensor: "s1", samples, at }),
}) as EnvelopeOf<Measured>;

afterEach(() => {
  vi.clearAllMocks();
});

describe("pickFields", () => {
  it("gives the named fields and no others", () => {
    expect(pickFields(measured, "sensor", "at")).toStrictEqual({ sensor: "s1", at });
    expect(pickFields(measured)).toStrictEqual({});
  });

  it("decodes the bytes of the named fields and no others", () => {
    pickFields(measured, "sensor");
    const lengths = vi.mocked(readValue).mock.calls.map(([, start, end]) => end! - start!);
    expect(lengths).toEqual([1 + "s1".length]);
  });

  it("leaves out a field that the event lacks", () => {
    expect(pickFields(measured, "note", "sensor")).toStrictEqual({ sensor: "s1" });
  });

  it("knows the type from the envelope", () => {
    expect(pickFields(measured, "type", "sensor")).toStrictEqual({
      type: "Measured",
      sensor: "s1",
    });
  });

  it("gives bytes as a view into the received message, a plain Uint8Array", () => {
    const picked = pickFields(measured, "samples").samples;
    expect(picked).toStrictEqual(samples);
    expect(picked.constructor).toBe(Uint8Array);
    expect(picked.buffer).toBe(measured.body.buffer);
  });

  it("tells keys apart that begin alike, and reads keys beyond ASCII", () => {
    const keys = ["a", "ab", "abc", "", "größe", "größer", "🌡", "x".repeat(40), "x".repeat(300)];
    const value = Object.fromEntries(keys.map((key, i) => [key, i]));
    expect(pickFields(anything(received(value)), ...keys, "b", "gr", "größ")).toStrictEqual(value);
  });

  it("infers the fields, also those that all types of an envelope share", () => {
    expectTypeOf(pickFields(measured, "sensor", "at")).toEqualTypeOf<
      Pick<Measured, "sensor" | "at">
    >();
    expectTypeOf(pickFields(measured, "note").note).toEqualTypeOf<string | undefined>();
    // @ts-expect-error there is no such field
    expect(pickFields(measured, "colour")).toEqual({});
    const either = envelopeOf(Sensors, { type: "Failed", body: received({ sensor: "s2" }) });
    const picked = pickFields(either, "type", "sensor");
    expectTypeOf(picked).toEqualTypeOf<
      Pick<Measured, "type" | "sensor"> | Pick<Failed, "type" | "sensor">
    >();
    // @ts-expect-error only one of the types has it
    pickFields(either, "reason");
    expect(picked).toStrictEqual({ type: "Failed", sensor: "s2" });
  });
});

describe("pickFields where the body has to be decoded whole", () => {
  interface Weighed {
    readonly type: "Weighed";
    readonly grams: number;
  }
  const toGrams = (old: { type: "Weighed"; kilos: number }): Weighed => {
    return { type: "Weighed", grams: old.kilos * 1_000 };
  };
  const Scales = defineEvents<Weighed>()({
    name: "Scale",
    types: { Weighed: { upcast: [toGrams] } },
  });

  it("picks from the upcast event when its schema version is older than today's", () => {
    const old = envelopeOf(Scales, { type: "Weighed", version: 1, body: received({ kilos: 2 }) });
    expect(pickFields(old, "grams")).toStrictEqual({ grams: 2_000 });
    const young = { type: "Weighed", version: 2, body: received({ grams: 3 }) };
    expect(pickFields(envelopeOf(Scales, young), "grams")).toStrictEqual({ grams: 3 });
  });

  it("picks from the decoded event when its codec is another", () => {
    const stored = { type: "Weighed", version: 2, body: Buffer.from('{"grams":5}') };
    expect(pickFields(envelopeOf(Scales, stored, "json"), "grams")).toStrictEqual({ grams: 5 });
  });

  it.each([
    ["an unknown type", { type: "Melted" }, "msgpack"],
    ["a newer schema version", { type: "Weighed", version: 3 }, "msgpack"],
    ["an unknown codec", { type: "Weighed", version: 2 }, "protobuf"],
  ])("is a PoisonError on %s, as the event is", (_, stored, codec) => {
    const envelope = envelopeOf(Scales, stored, codec);
    expect(() => envelope.event).toThrow(PoisonError);
    expect(() => pickFields(envelope, "grams")).toThrow(PoisonError);
  });
});

describe("pickFields on bytes nobody vouches for", () => {
  const key = (text: string): number[] => [0xa0 + text.length, ...Buffer.from(text)];

  it.each([
    ["nothing", []],
    ["no map", [0x93, 1, 2, 3]],
    ["a map that ends early", [0x82, ...key("a"), 1]],
    ["a map of four billion entries", [0xdf, 0xff, 0xff, 0xff, 0xff, ...key("a"), 1]],
    ["a value that ends early", [0x81, ...key("a"), 0xc6, 0xff, 0xff, 0xff, 0xff, 1]],
    ["a malformed value beside the picked one", [0x82, ...key("a"), 1, ...key("b"), 0xc1]],
    ["bytes after the map", [0x81, ...key("a"), 1, 1]],
    ["a key that is no text", [0x81, 1, 1]],
    ["a key type", [0x82, ...key("a"), 1, ...key("type"), ...key("x")]],
    ["a key __proto__", [0x82, ...key("a"), 1, ...key("__proto__"), 0x80]],
    ["a nested key __proto__", [0x81, ...key("a"), 0x81, ...key("__proto__"), 0x80]],
    ["an extension", [0x81, ...key("a"), 0xd4, 0x78, 0x2e]],
    ["too many levels", [0x81, ...key("a"), ...Array<number>(100).fill(0x91), 1]],
  ])("is a PoisonError on %s, as the event is", (_, bytes) => {
    const envelope = anything(Uint8Array.from(bytes));
    expect(() => envelope.event).toThrow(PoisonError);
    expect(() => pickFields(envelope, "a")).toThrow(PoisonError);
    expect(() => lazyEvent(envelope).get("a")).toThrow(PoisonError);
  });

  it("takes the last of two entries alike, as the event does", () => {
    const envelope = anything(Uint8Array.from([0x82, ...key("a"), 1, ...key("a"), 2]));
    expect(pickFields(envelope, "a")).toStrictEqual({ a: 2 });
    expect(envelope.event["a"]).toBe(2);
  });
});

describe("pickFields and the decoded event", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 40 }).filter((s) => s.isWellFormed());
  const name = fc.oneof(fc.constantFrom("a", "b", "c", "aa"), text);
  const field = name.filter((s) => s !== "__proto__" && s !== "type");
  const leaf = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    text,
    fc.date({ noInvalidDate: true }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.uint8Array({ maxLength: 400 }),
  );
  const value = fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 20 }),
    fc.dictionary(field, leaf, { maxKeys: 20, noNullPrototype: true }),
  );
  const body = fc.dictionary(field, value, { maxKeys: 20, noNullPrototype: true });

  it("agree on every field, whichever are picked", () => {
    const asked = fc.array(fc.nat({ max: 19 }), { maxLength: 6 });
    fc.assert(
      fc.property(body, asked, field, (fields, indexes, other) => {
        const envelope = anything(received(fields));
        const names = Object.keys(fields);
        const picks = [...indexes.flatMap((i) => names.slice(i, i + 1)), other];
        const expected = only(envelope.event, picks);
        expect(only(fields, picks)).toStrictEqual(expected);
        expect(pickFields(envelope, ...picks)).toStrictEqual(expected);
        const lazy = lazyEvent(envelope);
        for (const pick of picks)
          expect(lazy.get(pick)).toStrictEqual(new Map(Object.entries(expected)).get(pick));
      }),
      { numRuns: 500 },
    );
  });

  it("agree on damaged bytes: the same values, or both a PoisonError", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 });
    fc.assert(
      fc.property(body, damage, fc.boolean(), (fields, changes, cut) => {
        const bytes = received(fields).slice();
        for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
        const damaged = cut ? bytes.subarray(0, -1) : bytes;
        const names = ["a", "b", "c", "aa"];
        expect(outcomeOf(() => pickFields(anything(damaged), ...names))).toStrictEqual(
          outcomeOf(() => only(anything(damaged).event, names)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  /** The own fields of these names. */
  function only(event: Record<string, unknown>, names: readonly string[]): typeof event {
    const own = names.filter((one) => Object.hasOwn(event, one));
    return Object.fromEntries(own.map((one) => [one, event[one]]));
  }

  function outcomeOf(read: () => unknown): unknown {
    try {
      return read();
    } catch (error) {
      if (error instanceof PoisonError) return "poison";
      throw error;
    }
  }
});

describe("lazyEvent", () => {
  it("decodes nothing before a field is asked for, and each field once", () => {
    const lazy = lazyEvent(measured);
    expect(readValue).not.toHaveBeenCalled();
    expect(lazy.get("at")).toStrictEqual(at);
    expect(lazy.get("at")).toBe(lazy.get("at"));
    expect(lazy.get("note")).toBeUndefined();
    expect(readValue).toHaveBeenCalledTimes(1);
    expect(lazy.get("samples").buffer).toBe(measured.body.buffer);
    expect(lazy.get("type")).toBe("Measured");
    expect(readValue).toHaveBeenCalledTimes(2);
  });

  it("infers the fields", () => {
    expectTypeOf(lazyEvent(measured).get("at")).toEqualTypeOf<Date>();
    expectTypeOf(lazyEvent(measured).get("note")).toEqualTypeOf<string | undefined>();
    // @ts-expect-error there is no such field
    expect(lazyEvent(measured).get("colour")).toBeUndefined();
  });
});
