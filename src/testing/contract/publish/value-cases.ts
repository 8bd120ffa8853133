import assert from "node:assert/strict";
import { msgpackCodec } from "../../../event/index.ts";
import { append, endOf } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { LedgerEvents, noted, opened } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";

/** What every codec carries. */
const plainValues: readonly unknown[] = [
  ...[null, true, false, 0, 1, -1, 127, 128, -129, 65_536, 2 ** 31, 2 ** 32, -(2 ** 33)],
  ...[2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 53, 0.1, -1.5, 5e-324, 1.7976931348623157e308],
  ...["", "text", "zero\u0000byte", "line\u2028end", "ünï", "😀", "x".repeat(70_000)],
  ...[[], {}, [[], [[1]]], { "": 1, "a.b": { c: [] }, constructor: 2, length: 3, type: "nested" }],
  Array.from({ length: 1000 }, (_, n) => n),
];

/** Texts where encoders and decoders go another way: by length in bytes, and with U+FEFF. */
const edgeTexts: readonly string[] = [
  ...[31, 32, 64, 65, 255, 256, 65_535, 65_536].map((bytes) => "k".repeat(bytes)),
  ...["ü".repeat(128), "€".repeat(21_846), "😀".repeat(16_384)],
  ...[
    "\ufeff",
    "\ufeffshort",
    `\ufeff${"long".repeat(20)}`,
    `in\ufeffside${"long".repeat(20)}\ufeff`,
  ],
];

/** What MessagePack carries beyond that. */
const richValues: readonly unknown[] = [
  ...[new Date(0), new Date(1_700_000_000_123), new Date(-1), new Date(253_402_300_799_999)],
  ...[0n, 1n, -1n, 2n ** 53n, 2n ** 64n - 1n, -(2n ** 63n)],
  ...[new Uint8Array(0), Uint8Array.of(0, 255, 10)],
];

/** What would come back changed. */
const unstorable: readonly unknown[] = [
  ...[undefined, Number.NaN, Infinity, -Infinity, -0, Symbol("s"), () => 1],
  ...["\ud800", "a\udc00", { "\ud800": 1 }, new Map(), new Set(), /x/, new Error("x")],
  ...[new (class Money {})(), Buffer.from("x"), new Uint16Array(1), new ArrayBuffer(1)],
  ...[new Date(Number.NaN), 2n ** 64n, -(2n ** 63n) - 1n, Promise.resolve(1)],
  ...[Object.assign([1], { name: 1 }), new Array(2), { [Symbol("s")]: 1 }, cycle()],
  JSON.parse('{"__proto__": 1}'),
];

/** Which values come back as they were, and that all others are refused. */
export const valueCases: readonly CaseDefinition[] = [
  {
    guarantee: "null, booleans, numbers, text, objects and arrays come back as they were",
    alsoJson: true,
    check: ({ store }) => comeBack(store, plainValues),
  },
  {
    guarantee: "texts and keys of every length come back as they were, U+FEFF in any place",
    alsoJson: true,
    async check({ store }) {
      await comeBack(store, [edgeTexts]);
      await comeBack(store, [Object.fromEntries(edgeTexts.map((key) => [key, key.length]))]);
      const metadata = { [edgeTexts.at(-2)!]: edgeTexts.at(-2), ["k".repeat(65_536)]: true };
      const told = { family: LedgerEvents, id: "told", events: [opened()], metadata };
      const { head } = await store.publish({ ...told, expect: "new" });
      const commit = await store.at(LedgerEvents, head.sequence);
      assert.deepEqual(commit?.metadata, metadata);
    },
  },
  {
    guarantee: "Date, bigint and bytes come back as they were, in MessagePack",
    options: { codec: msgpackCodec },
    check: ({ store }) => comeBack(store, richValues),
  },
  {
    guarantee: "a value that would come back changed is refused with its path",
    alsoJson: true,
    async check({ store }) {
      const path = "events[1].value.list[2].deep";
      for (const value of unstorable) {
        const events = [opened(), noted({ list: [0, 1, { deep: value }] })];
        const error = await refused("invalid-input", `storing ${typeof value}`, () =>
          append(store, "a", "any", events),
        );
        assert.ok(error.field.startsWith(path), `${error.field} begins with ${path}`);
      }
      assert.equal(await endOf(store), 0, "nothing was stored");
    },
  },
  {
    guarantee: "metadata comes back as it was, occurredAt to the millisecond",
    alsoJson: true,
    async check({ store }) {
      const metadata = {
        correlationId: "work-1",
        causationId: "message-2",
        actor: "Derek",
        occurredAt: new Date(1_234_567_890_123),
        tenant: { name: "north", tags: ["x", 1, null] },
      };
      const commit = { family: LedgerEvents, id: "a", events: [opened(), opened()], metadata };
      await store.publish({ ...commit, expect: "new" });
      const [first, second] = await gather(store.replay(LedgerEvents));
      assert.deepEqual(first?.metadata, metadata);
      assert.deepEqual(second?.metadata, metadata);
      const { head } = await append(store, "a", "any", [opened()]);
      assert.deepEqual((await store.at(LedgerEvents, head.sequence))?.metadata, {});
    },
  },
];

async function comeBack(store: CaseContext["store"], values: readonly unknown[]): Promise<void> {
  const { head } = await append(store, "a", "any", values.map(noted));
  const after = head.sequence - 1;
  const envelopes = await gather(store.replay(LedgerEvents.of("a"), { after }));
  envelopes.forEach(({ event }, index) => {
    assert.deepEqual(event, noted(values[index]), `value ${index}`);
  });
  assert.equal(envelopes.length, values.length);
}

function cycle(): unknown {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  return loop;
}
