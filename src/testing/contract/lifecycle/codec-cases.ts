import assert from "node:assert/strict";
import { jsonCodec, msgpackCodec } from "../../../event/index.ts";
import { append, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, noted, opened, TicketEventsV2 } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { listen } from "../listen.ts";
import { refused } from "../refused.ts";

/** Stores of different codecs, and of changing ones. */
export const codecCases: readonly CaseDefinition[] = [
  {
    guarantee: "a store whose codec is JSON holds readable JSON",
    needs: ["payload"],
    options: { codec: jsonCodec },
    async check({ store, harness }) {
      const metadata = { actor: "Ada" };
      const events = [{ type: "Bought", cents: 250 } as const];
      const commit = { family: TicketEventsV2, id: "a", expect: "new", events, metadata } as const;
      const { head } = await store.publish(commit, { commitId: "sale" });
      const text = new TextDecoder("utf-8", { fatal: true });
      const json = text.decode(await harness.payloadOf!(store, head.sequence));
      const stored = JSON.parse(json) as Record<string, unknown>;
      assert.equal(json[0], "{");
      assert.match(json, /,"crc":"[0-9a-f]{8}"\}$/);
      assert.deepEqual(
        [stored["family"], stored["id"], stored["revision"], stored["commit"]],
        ["Ticket", "a", 1, "sale"],
      );
      assert.deepEqual(stored["metadata"], metadata);
      assert.deepEqual(stored["events"], [{ type: "Bought", version: 2, data: { cents: 250 } }]);
    },
  },
  {
    guarantee: "a store whose codec is JSON refuses what JSON does not carry",
    options: { codec: jsonCodec },
    async check({ store }) {
      for (const value of [new Date(0), 1n, Uint8Array.of(1)]) {
        const error = await refused("invalid-input", "storing in JSON", () =>
          append(store, "a", "any", [noted([value])]),
        );
        assert.equal(error.field, "events[0].value[0]");
      }
      assert.equal(await endOf(store), 0, "nothing was stored");
    },
  },
  {
    guarantee:
      "what may be nested as deep as is accepted comes back, in events, metadata and bases",
    alsoJson: true,
    async check({ store }) {
      let deep: unknown = 0;
      for (let n = 0; n < 99; n++) deep = [deep];
      const metadata = { deep };
      const commit = { family: LedgerEvents, id: "a", expect: "new", metadata } as const;
      const { head } = await store.publish({ ...commit, events: [noted(deep)] });
      await refused("invalid-input", "an event nested deeper", () =>
        append(store, "a", head, [noted([deep])]),
      );
      const base = { reducerVersion: 1, state: [deep] };
      await store.publish({ family: LedgerEvents, id: "a", expect: head, events: [], base });
      const [read] = await gather(store.replay(LedgerEvents.of("a")));
      assert.deepEqual([read?.event, read?.metadata], [noted(deep), metadata]);
      const last = await store.last(LedgerEvents, "a", { fresh: "leader" });
      assert.deepEqual(last?.codec.decode(last.base!.state, ""), [deep]);
    },
  },
  {
    guarantee: "a store that changed its codec reads its past and writes on",
    needs: ["reopen"],
    async check({ open }) {
      const old = await open({ codec: msgpackCodec });
      const date = new Date(1_700_000_000_000);
      const metadata = { actor: "Ada", occurredAt: date };
      const first = { family: LedgerEvents, id: "a", expect: "new", metadata } as const;
      const { head } = await old.publish({ ...first, events: [opened(), noted(date)] });
      await old.close();
      const json = await open({ name: old.name, codec: jsonCodec, codecs: [msgpackCodec] });
      const second = await append(json, "a", head, [noted("json"), deposited(1)]);
      await json.close();
      const back = await open({ name: old.name, codec: msgpackCodec, codecs: [jsonCodec] });
      await append(back, "a", second.head, [deposited(2)]);
      const listener = listen((signal) => back.subscribe(LedgerEvents, { signal }));
      await listener.until((items) => items.length === 5, "events of both codecs");
      await listener.stop();
      for (const read of [await gather(back.replay(LedgerEvents.of("a"))), listener.items]) {
        assert.deepEqual(
          read.map(({ event }) => event),
          [opened(), noted(date), noted("json"), deposited(1), deposited(2)],
        );
        assert.deepEqual(read[1]?.metadata, metadata);
        assert.deepEqual(
          read.map(({ commit }) => commit.frame.codec),
          ["msgpack", "msgpack", "json", "json", "msgpack"],
        );
      }
    },
  },
];
