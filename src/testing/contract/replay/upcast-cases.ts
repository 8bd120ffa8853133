import assert from "node:assert/strict";
import type { Selection } from "../../../event/index.ts";
import type { CaseDefinition } from "../contract-case.ts";
import {
  type BoughtV3,
  TicketEventsV1,
  TicketEventsV2,
  TicketEventsV3,
} from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";

/** Events of older versions. */
export const upcastCases: readonly CaseDefinition[] = [
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
