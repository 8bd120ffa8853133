import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CorruptError, PoisonError } from "../errors.ts";
import { noHead } from "../head.ts";
import { checksumOf } from "./checksum.ts";
import { decodeFrame, encodeFrame } from "./frame-format.ts";
import type { Content, Place } from "./frame.ts";

const at = { kind: "commit", family: "Tab", id: "t1", sequence: 7 } as const;
const place: Place = {
  family: "Tab",
  id: "t1",
  head: { sequence: 900, revision: 41, checksum: 0xdeadbeef, links: [900, 888, 1] },
  part: 2,
  parts: 3,
};
const bytesOf = (text: string): Uint8Array => Buffer.from(text);

function contentOf(codec: string): Content {
  return {
    commitId: "c-1",
    codec,
    events: [
      { type: "TabOpened", version: 1, body: bytesOf('{"table":42}') },
      { type: "Ordered", version: 300, body: bytesOf("{}") },
    ],
    metadata: bytesOf('{"actor":"Derek"}'),
  };
}

/** The wire format is for ever: these bytes were written by its first version. */
const golden = {
  msgpack:
    "f102035461620274312aefbeadde0384070cf706020303632d31076d73677061636b02095461624f" +
    "70656e6564010c074f726465726564ac0202117b226163746f72223a22446572656b227d7b227461" +
    "626c65223a34327d7b7d533d0baa",
  json:
    '{"format":1,"family":"Tab","id":"t1","revision":42,"previous":"deadbeef",' +
    '"links":[900,888,1],"part":[2,3],"commit":"c-1","events":[' +
    '{"type":"TabOpened","version":1,"data":{"table":42}},' +
    '{"type":"Ordered","version":300,"data":{}}],"metadata":{"actor":"Derek"},"crc":"3d1e69ff"}',
} as const;

describe.each(["msgpack", "json"])("a frame with codec %s", (codec) => {
  const { bytes, checksum } = encodeFrame(place, contentOf(codec));

  it("comes back as it was written", () => {
    const frame = decodeFrame(bytes, at);
    expect(frame).toMatchObject({
      family: "Tab",
      id: "t1",
      firstRevision: 42,
      previousChecksum: 0xdeadbeef,
      links: [900, 888, 1],
      part: 2,
      parts: 3,
      commitId: "c-1",
      codec,
      base: undefined,
      checksum,
    });
    expect(frame.events.map(({ type, version }) => [type, version])).toEqual([
      ["TabOpened", 1],
      ["Ordered", 300],
    ]);
    expect(Buffer.from(frame.events[0]!.body).toString()).toBe('{"table":42}');
    expect(Buffer.from(frame.metadata!).toString()).toBe('{"actor":"Derek"}');
  });

  it("comes back with a base", () => {
    const base = { reducerVersion: 3, state: bytesOf('{"open":true}') };
    const content = { commitId: "b", codec, events: [], base };
    const frame = decodeFrame(encodeFrame({ ...place, head: noHead }, content).bytes, at);
    expect(frame.firstRevision).toBe(1);
    expect(frame.base?.reducerVersion).toBe(3);
    expect(Buffer.from(frame.base!.state).toString()).toBe('{"open":true}');
  });

  it("has the same content wherever it is placed, and another one for other events", () => {
    const elsewhere = { ...place, id: "t2", head: noHead, part: 1, parts: 1 };
    const moved = decodeFrame(encodeFrame(elsewhere, contentOf(codec)).bytes, at);
    expect(Buffer.from(moved.content())).toEqual(Buffer.from(decodeFrame(bytes, at).content()));
    const other = { ...contentOf(codec), events: contentOf(codec).events.slice(1) };
    const changed = decodeFrame(encodeFrame(place, other).bytes, at);
    expect(Buffer.from(changed.content())).not.toEqual(
      Buffer.from(decodeFrame(bytes, at).content()),
    );
  });

  it("is refused when any single bit of it is flipped", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeFrame(damaged, at), `bit ${bit}`).toThrow(/sequence 7 \(Tab "t1"\)/);
    }
  });

  it("is refused when it ends early", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeFrame(bytes.subarray(0, length), at)).toThrow();
    }
  });
});

describe("the wire format", () => {
  it("has not changed since it was first written", () => {
    const { bytes } = encodeFrame(place, contentOf("msgpack"));
    expect(Buffer.from(bytes).toString("hex")).toBe(golden.msgpack);
    const json = Buffer.from(encodeFrame(place, contentOf("json")).bytes).toString();
    expect(json).toBe(golden.json);
  });

  it("lets a foreign message be poison and a damaged commit be corrupt", () => {
    expect(() => decodeFrame(bytesOf("hello"), at)).toThrow(PoisonError);
    expect(() => decodeFrame(bytesOf('{"hello":1}'), at)).toThrow(PoisonError);
    expect(() => decodeFrame(new Uint8Array(0), at)).toThrow(PoisonError);
    const damaged = Buffer.from(encodeFrame(place, contentOf("msgpack")).bytes);
    damaged[20]! ^= 1;
    expect(() => decodeFrame(damaged, at)).toThrow(CorruptError);
  });

  it.each([
    ["commit id", "c-1"],
    ["codec", "msgpack"],
    ["event type", "TabOpened"],
  ])("lets a sound frame whose %s is no UTF-8 be poison", (_, text) => {
    const bytes = Buffer.from(encodeFrame(place, contentOf("msgpack")).bytes);
    bytes[bytes.indexOf(text)] = 0xff;
    bytes.writeUInt32LE(checksumOf(bytes.subarray(0, -4)), bytes.length - 4);
    expect(() => decodeFrame(bytes, at)).toThrow(PoisonError);
  });

  it.each([1_001, 2 ** 53 - 1])(
    "lets a part of %i be poison, which nobody can wait for",
    (parts) => {
      const { bytes } = encodeFrame({ ...place, part: 1, parts }, contentOf("msgpack"));
      expect(() => decodeFrame(bytes, at)).toThrow(/poison.*a transaction of \d+ commits/);
    },
  );

  it.each<[string, object]>([
    ["17 links", { links: Array.from({ length: 17 }, (_, i) => 100 - i) }],
    ["links that ascend", { links: [1, 2, 3] }],
    ["a link twice", { links: [5, 5] }],
    ["links that are a text", { links: "" }],
    ["links that are no numbers", { links: ["1"] }],
    ["a part of three", { part: [1, 2, 3] }],
    ["a part beyond its parts", { part: [3, 2] }],
    ["a part that is a text", { part: "12" }],
    ["a part of more than there can be", { part: [1, 1001] }],
    ["events that are no list", { events: { length: 0, map: 1 } }],
    ["an event that is null", { events: [null] }],
    ["an event without data", { events: [{ type: "Ordered", version: 1 }] }],
    ["an event without a version", { events: [{ type: "Ordered", data: {} }] }],
    ["a base without a state", { base: { reducer: 1 } }],
    ["a base that is null", { base: null }],
    ["a previous checksum that is no hex", { previous: "zzzzzzzz" }],
    ["a previous checksum that is a number", { previous: 12_345_678 }],
    ["a revision of 0", { revision: 0 }],
    ["a commit id that is a number", { commit: 1 }],
  ])("lets a sound JSON frame with %s be poison", (_, members) => {
    const { crc, ...frame } = JSON.parse(golden.json) as { readonly crc: string };
    const whole = JSON.stringify({ ...frame, ...members }).slice(0, -1);
    const seal = checksumOf(bytesOf(whole)).toString(16).padStart(8, "0");
    const bytes = bytesOf(`${whole},"crc":"${seal}"}`);
    expect(crc).toHaveLength(8);
    expect(() => decodeFrame(bytes, at)).toThrow(PoisonError);
  });

  it("survives whatever bytes it is given", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(0xf1, 0x7b),
        (bytes, first) => {
          bytes[0] = first;
          try {
            decodeFrame(bytes, at);
          } catch (error) {
            expect(error instanceof PoisonError || error instanceof CorruptError).toBe(true);
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it("carries every place and content there may be", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);
    const sequences = fc
      .uniqueArray(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { maxLength: 16 })
      .map((all) => all.sort((a, b) => b - a));
    const event = fc.record({
      type: fc.stringMatching(/^[^\p{C}]{1,60}$/u),
      version: fc.integer({ min: 1, max: 2 ** 31 }),
      body: fc.uint8Array({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(
        name,
        name,
        sequences,
        fc.array(event, { maxLength: 40 }),
        (family, id, links, events) => {
          const revision = Number.MAX_SAFE_INTEGER - 100;
          const head = { sequence: links[0] ?? 0, revision, checksum: 0xffffffff, links };
          const content = { commitId: "c", codec: "custom", events };
          const { bytes } = encodeFrame({ family, id, head, part: 1, parts: 1000 }, content);
          const frame = decodeFrame(bytes, at);
          expect([frame.family, frame.id, frame.links]).toEqual([family, id, links]);
          expect(frame.firstRevision).toBe(revision + 1);
          const read = frame.events.map(({ type, version, body }) => ({
            type,
            version,
            body: new Uint8Array(body),
          }));
          expect(read).toEqual(events);
        },
      ),
      { numRuns: 300 },
    );
  });
});
