import assert from "node:assert/strict";
import { type Codec, msgpackCodec, type PoisonPolicy } from "../../event/index.ts";
import { append, sendParcel } from "./append.ts";
import type { CaseContext, CaseDefinition } from "./contract-case.ts";
import {
  deposited,
  everything,
  LedgerEvents,
  opened,
  TicketEventsV1,
  TicketEventsV3,
} from "./contract-events.ts";
import { gather, sequencesOf } from "./gather.ts";
import { listen } from "./listen.ts";
import { refused } from "./refused.ts";

/** What an older reader does with what it does not know. */
export const poisonCases: readonly CaseDefinition[] = [
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
  {
    guarantee: "a commit of a codec that the reader lacks is poison",
    needs: ["reopen"],
    async check({ store, open }) {
      await append(store, "a", "new", [opened()]);
      const codec: Codec = { ...msgpackCodec, name: "other" };
      const other = await open({ name: store.name, codec });
      const { head } = await append(other, "b", "new", [deposited(1)]);
      await sendParcel(store, "p");
      const error = await refused("poison", "replaying an unknown codec", () =>
        gather(store.replay(LedgerEvents)),
      );
      assert.equal(error.sequence, head.sequence);
      const skipped = await gather(store.replay(everything, { poison: "skip" }));
      assert.deepEqual(
        skipped.map(({ id }) => id),
        ["a", "p"],
      );
      const raw = await gather(store.replay(LedgerEvents, { poison: "raw" }));
      assert.deepEqual(msgpackCodec.decode(raw[1]!.body, ""), { cents: 1 });
      await refused("poison", "asking for the event", () => raw[1]?.event);
    },
  },
];

interface Written {
  readonly write: string;
  readonly id: string;
  readonly sequence: number;
}

async function newerVersion(store: CaseContext["store"]): Promise<Written> {
  const events = [{ type: "Bought", cents: 100, currency: "NOK" }] as const;
  const id = "newer";
  const { head } = await store.publish({ family: TicketEventsV3, id, expect: "any", events });
  return { write: "a newer version", id, sequence: head.sequence };
}

/** A commit of which one event is known to the first version's reader and one is not. */
async function unknownType(store: CaseContext["store"]): Promise<Written> {
  const family = { ...TicketEventsV3, upcasters: new Map([...TicketEventsV1.upcasters, refunded]) };
  const events = [{ type: "Bought", price: 1 }, { type: "Refunded" }];
  const id = "unknown";
  const { head } = await store.publish({ family, id, expect: "any", events } as never);
  return { write: "an unknown type", id, sequence: head.sequence };
}

const refunded = ["Refunded", []] as const;

async function knownVersion(store: CaseContext["store"]): Promise<Written> {
  const events = [{ type: "Bought", price: 5 }] as const;
  const id = "known";
  const { head } = await store.publish({ family: TicketEventsV1, id, expect: "any", events });
  return { write: "a known version", id, sequence: head.sequence };
}
