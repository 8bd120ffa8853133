import assert from "node:assert/strict";
import { type Codec, msgpackCodec } from "../../../event/index.ts";
import { append } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import {
  deposited,
  everything,
  LedgerEvents,
  noted,
  opened,
  TicketEventsV2,
  TicketEventsV3,
} from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";

/** What comes with an event, and when it is decoded. */
export const envelopeCases: readonly CaseDefinition[] = [
  {
    guarantee: "an envelope tells all that is known of its event",
    alsoJson: true,
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened(), deposited(1)]);
      const before = Date.now() - 60_000;
      const second = await append(store, "a", head, [deposited(2), opened()], { commitId: "two" });
      const envelope = (await gather(store.replay(everything))).at(-1)!;
      const { family, id, type, version, sequence, index, revision, commitId } = envelope;
      assert.deepEqual([family, id, type, version], ["Ledger", "a", "Opened", 1]);
      assert.deepEqual([index, revision, commitId], [1, 4, "two"]);
      assert.equal(sequence, second.head.sequence);
      assert.equal(envelope.commit.sequence, sequence);
      assert.ok(Number.isInteger(envelope.timeMs) && envelope.timeMs > before);
      assert.ok(envelope.timeMs < Date.now() + 60_000);
      assert.deepEqual(envelope.event, opened());
      assert.equal(envelope.event, envelope.event, "the same object each time");
    },
  },
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
];
