import assert from "node:assert/strict";
import { type Codec, msgpackCodec, type Selection } from "../../event/index.ts";
import { append } from "./append.ts";
import type { CaseDefinition } from "./contract-case.ts";
import {
  type BoughtV3,
  deposited,
  LedgerEvents,
  noted,
  TicketEventsV1,
  TicketEventsV2,
  TicketEventsV3,
} from "./contract-events.ts";
import { gather } from "./gather.ts";
import { refused } from "./refused.ts";

/** When and how a stored body becomes today's event. */
export const decodingCases: readonly CaseDefinition[] = [
  {
    guarantee: "a body is decoded when it is asked for, once, and never otherwise",
    async check({ open }) {
      let decoded = 0;
      const codec: Codec = {
        ...{ name: "counting", encode: msgpackCodec.encode },
        decode: (bytes, subject) => (decoded++, msgpackCodec.decode(bytes, subject)),
      };
      const store = await open({ codec });
      await append(store, "a", "new", [deposited(1), deposited(2), deposited(3)]);
      decoded = 0;
      const envelopes = await gather(store.replay(LedgerEvents));
      for (const { type, revision, metadata } of envelopes) assert.ok(type && revision && metadata);
      assert.equal(decoded, 0);
      assert.deepEqual(envelopes[1]?.event, deposited(2));
      assert.equal(envelopes[1]?.event, envelopes[1]?.event);
      assert.equal(decoded, 1);
    },
  },
  {
    guarantee: "a codec is told what it encodes and decodes",
    async check({ open }) {
      const subjects: string[] = [];
      const codec: Codec = {
        name: "listening",
        encode: (value, subject) => (subjects.push(subject), msgpackCodec.encode(value, subject)),
        decode: (bytes, subject) => (subjects.push(subject), msgpackCodec.decode(bytes, subject)),
      };
      const store = await open({ codec });
      const events = [{ type: "Bought", cents: 100 } as const];
      await store.publish({ family: TicketEventsV2, id: "a", expect: "new", events });
      assert.deepEqual(subjects, ["Ticket.Bought.2"]);
      const [envelope] = await gather(store.replay(TicketEventsV3));
      assert.deepEqual(envelope?.event, { ...events[0], currency: "EUR" });
      assert.deepEqual(subjects, ["Ticket.Bought.2", "Ticket.Bought.2"]);
    },
  },
  {
    guarantee: "a body that cannot be decoded fails when it is asked for, and nothing else does",
    async check({ open }) {
      const codec: Codec = {
        ...{ name: "picky", encode: msgpackCodec.encode },
        decode(bytes, subject) {
          const value = msgpackCodec.decode(bytes, subject) as { value?: unknown };
          if (value.value === "bad") throw new RangeError("a bad value");
          return value;
        },
      };
      const store = await open({ codec });
      await append(store, "a", "new", [noted("good"), noted("bad"), noted("fine")]);
      for (const poison of ["fail", "skip", "raw"] as const) {
        const [good, bad, fine] = await gather(store.replay(LedgerEvents, { poison }));
        assert.deepEqual([good?.event, fine?.event], [noted("good"), noted("fine")]);
        const error = await refused("poison", "asking for a bad body", () => bad?.event);
        assert.equal(error.sequence, bad?.sequence);
        assert.ok(error.cause instanceof RangeError);
        assert.ok(bad!.body.length > 0, "its bytes can be read");
      }
    },
  },
  {
    guarantee: "events of every older version come back as today's",
    alsoJson: true,
    async check({ store }) {
      const type = "Bought";
      const commit = { id: "a", expect: "any" } as const;
      await store.publish({ ...commit, family: TicketEventsV1, events: [{ type, price: 1 }] });
      await store.publish({ ...commit, family: TicketEventsV2, events: [{ type, cents: 200 }] });
      const today = { type, cents: 300, currency: "NOK" } as const;
      await store.publish({ ...commit, family: TicketEventsV3, events: [today] });
      for (const selection of [TicketEventsV3, TicketEventsV3.of("a"), TicketEventsV3.only(type)]) {
        const read = await gather(store.replay(selection));
        assert.deepEqual(
          read.map(({ version, revision, event }) => [version, revision, event]),
          [
            [1, 1, { type, cents: 100, currency: "EUR" }],
            [2, 2, { type, cents: 200, currency: "EUR" }],
            [3, 3, today],
          ],
        );
      }
      const last = await store.last(TicketEventsV3, "a", { fresh: "leader" });
      assert.deepEqual(last?.envelopes[0]?.event, today);
    },
  },
  {
    guarantee: "an upcaster that throws fails when the event is asked for",
    async check({ store }) {
      const commit = { family: TicketEventsV1, id: "a", expect: "new" } as const;
      await store.publish({ ...commit, events: [{ type: "Bought", price: 1 }] });
      const broken = new Map([["Bought", [thrower]]]);
      const family = { ...TicketEventsV3, upcasters: broken };
      const selection: Selection<BoughtV3> = { parts: [{ family }] };
      const [envelope] = await gather(store.replay(selection));
      const error = await refused("poison", "asking for the event", () => envelope?.event);
      assert.equal((error.cause as Error).message, "the upcaster's own");
    },
  },
];

function thrower(): never {
  throw new Error("the upcaster's own");
}
