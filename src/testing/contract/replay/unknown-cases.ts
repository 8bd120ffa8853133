import assert from "node:assert/strict";
import { msgpackCodec, type PoisonPolicy } from "../../../event/index.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { TicketEventsV1 } from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { listen } from "../listen.ts";
import { refused } from "../refused.ts";
import { knownVersion, newerVersion, unknownType } from "./write-ticket.ts";

/** What a reader does with events of a newer version or an unknown type. */
export const unknownCases: readonly CaseDefinition[] = [
  {
    guarantee: "a newer version or an unknown type fails the reader that was not told otherwise",
    alsoJson: true,
    async check({ store }) {
      for (const { write, sequence } of [await newerVersion(store), await unknownType(store)]) {
        for (const options of [{}, { poison: "fail" }] as const) {
          const read = { ...options, after: sequence - 1 };
          const error = await refused("poison", `replaying ${write}`, () =>
            gather(store.replay(TicketEventsV1, read)),
          );
          assert.equal(error.sequence, sequence);
          const listener = listen((signal) => store.subscribe(TicketEventsV1, { ...read, signal }));
          await refused("poison", `subscribing to ${write}`, () => listener.ended);
        }
      }
    },
  },
  {
    guarantee: "skip leaves out the events that are unknown, and only those",
    async check({ store }) {
      await newerVersion(store);
      const { sequence: mixed } = await unknownType(store);
      const { sequence: known } = await knownVersion(store);
      const read = await gather(store.replay(TicketEventsV1, { poison: "skip" }));
      assert.deepEqual(sequencesOf(read), [mixed, known]);
      assert.deepEqual(
        read.map(({ event }) => event.price),
        [1, 5],
      );
      const listener = listen((signal) =>
        store.subscribe(TicketEventsV1, { poison: "skip", signal }),
      );
      await listener.until((items) => items.length > 1, "what is not skipped");
      assert.deepEqual(sequencesOf(listener.items), [mixed, known]);
      await listener.stop();
    },
  },
  {
    guarantee: "raw hands over what is unknown: its body can be read, its event throws",
    async check({ store }) {
      const { sequence } = await newerVersion(store);
      await unknownType(store);
      await knownVersion(store);
      const read = await gather(store.replay(TicketEventsV1, { poison: "raw" }));
      const types = read.map(({ type, version }) => `${type as string} ${version}`);
      assert.deepEqual(types, ["Bought 3", "Bought 1", "Refunded 1", "Bought 1"]);
      for (const index of [0, 2]) {
        await refused("poison", "asking for an unknown event", () => read[index]?.event);
        assert.ok(read[index]?.body instanceof Uint8Array);
      }
      assert.deepEqual(read[1]?.event, { type: "Bought", price: 1 });
      const body = msgpackCodec.decode(read[0]!.body, "Ticket.Bought.3");
      assert.deepEqual(body, { cents: 100, currency: "NOK" });
      assert.equal(read[0]?.sequence, sequence);
    },
  },
  {
    guarantee: "a policy that is a function is asked each time, and its word holds",
    async check({ store }) {
      const { sequence: newer } = await newerVersion(store);
      const { sequence: unknown } = await unknownType(store);
      await knownVersion(store);
      const asked: number[] = [];
      const policy: PoisonPolicy = (error) => {
        asked.push(error.sequence);
        return error.sequence === newer ? "raw" : "skip";
      };
      const read = await gather(store.replay(TicketEventsV1, { poison: policy }));
      assert.deepEqual([...new Set(asked)], [newer, unknown]);
      assert.deepEqual(
        read.map(({ type }) => type as string),
        ["Bought", "Bought", "Bought"],
      );
      assert.equal(read[0]?.sequence, newer);
      const strict: PoisonPolicy = ({ sequence }) => (sequence === newer ? "skip" : "fail");
      const error = await refused("poison", "a policy that fails in the end", () =>
        gather(store.replay(TicketEventsV1, { poison: strict })),
      );
      assert.equal(error.sequence, unknown);
    },
  },
  {
    guarantee: "a type that is not selected is no poison",
    async check({ store }) {
      await unknownType(store);
      const read = await gather(store.replay(TicketEventsV1.only("Bought")));
      assert.deepEqual(
        read.map(({ event }) => event),
        [{ type: "Bought", price: 1 }],
      );
    },
  },
  {
    guarantee: "within one aggregate nothing unknown is skipped",
    async check({ store }) {
      const { id, sequence } = await newerVersion(store);
      const policies: PoisonPolicy[] = ["fail", "skip", () => "skip"];
      for (const poison of policies) {
        const error = await refused("poison", "reading one aggregate", () =>
          gather(store.replay(TicketEventsV1.of(id), { poison })),
        );
        assert.equal(error.sequence, sequence);
      }
    },
  },
];
