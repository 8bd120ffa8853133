import assert from "node:assert/strict";
import { inspect, repair } from "../../../aggregate/index.ts";
import { type Commit, defineEvents, type Envelope, type Family } from "../../../event/index.ts";
import { encodeFrame } from "../../../event/wire/frame-format.ts";
import {
  type BoughtV1,
  LedgerEvents,
  TicketEventsV1,
  TicketEventsV3,
} from "../../contract/contract-events.ts";
import { assertRefusal, refused } from "../../contract/refused.ts";
import { eventually } from "../../contract/within.ts";
import { Ledger } from "../../contract/root/ledger.ts";
import { knownVersion, newerVersion, unknownType } from "../../contract/replay/write-ticket.ts";
import { parking } from "../faults.ts";
import { assertLines, failureOf, listing, type ListingOptions, put, putEach } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

const bytes = new TextEncoder().encode("hello");

/** The bytes that a commit was stored as. */
function copyOf({ frame, firstRevision }: Commit): Uint8Array {
  const { family, id, links, previousChecksum: checksum, part, parts } = frame;
  const head = { sequence: links[0] ?? 0, revision: firstRevision - 1, checksum, links };
  return encodeFrame({ family, id, head, part, parts }, frame).bytes;
}

/** It looks into each event, as handlers do. */
const tickets = (events: Family, more: ListingOptions = {}): ListingOptions => ({
  events,
  before: (_line: string, envelope: Envelope) => envelope.event,
  ...more,
});

/** Today's family, but nothing of the first version can be brought up to it. */
const Unreadable: Family<BoughtV1> = defineEvents<BoughtV1>()({
  name: "Ticket",
  types: {
    Bought: {
      upcast: [
        (): BoughtV1 => {
          throw new Error("no idea");
        },
      ],
    },
  },
});

/** What older code, or any code, can't use. */
export const poisonCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "events of a newer writer stop it, and newer code goes on with them",
    async check({ store, model, start }) {
      await knownVersion(store);
      const { sequence } = await newerVersion(store);
      const running = start(listing(model(), tickets(TicketEventsV1)));
      assertRefusal(["poison"], "a newer version", await failureOf(running));
      const { family, id, attempts } = running.failure!;
      assert.deepEqual([family, id, attempts], ["Ticket", "newer", 1]);
      assert.equal(running.failure?.sequence, sequence);
      await assertLines(model(), ["known:1"]);
      const newer = start(listing(model(), tickets(TicketEventsV3)));
      await newer.caughtUp();
      await assertLines(model(), ["known:1", "newer:1"]);
    },
  },
  {
    guarantee: "or are set aside, whole commits of them, until newer code tries them again",
    async check({ store, model, start }) {
      const { sequence: newer } = await newerVersion(store);
      const { sequence: unknown } = await unknownType(store);
      await knownVersion(store);
      const options = { onError: parking };
      const running = start(listing(model(), tickets(TicketEventsV1, options)));
      await running.caughtUp();
      const listed = running.parked.list().map(({ id, sequence }) => [id, sequence]);
      assert.deepEqual(listed, [
        ["newer", newer],
        ["unknown", unknown],
      ]);
      await assertLines(model(), ["known:1"]);
      assert.equal((await running.parked.retry()).length, 2);
      await running.stop();
      const today = start(listing(model(), tickets(TicketEventsV3, options)));
      await today.caughtUp();
      assert.deepEqual(await today.parked.retry(), []);
      await assertLines(model(), ["known:1", "newer:1", "unknown:1", "unknown:2"]);
    },
  },
  {
    guarantee: "an event that can't be decoded is not tried again: stopped at, or set aside",
    async check({ store, model, start }) {
      const { sequence } = await knownVersion(store);
      await put(store, "a");
      const stopped = start(listing(model(), tickets(Unreadable)));
      assertRefusal(["poison"], "an upcaster that throws", await failureOf(stopped));
      const { id, attempts } = stopped.failure!;
      assert.deepEqual([id, stopped.failure?.sequence, attempts], ["known", sequence, 1]);
      const options = { onError: { ...parking, retries: 100, firstMs: 10_000 } };
      const parked = start(listing(model(), tickets(Unreadable, options)));
      await parked.caughtUp();
      assert.deepEqual(
        [parked.parked.list()[0]?.id, parked.parked.list()[0]?.attempts],
        ["known", 1],
      );
      await assertLines(model(), []);
    },
  },
  {
    guarantee: "a foreign message stops it, and says where",
    needs: ["foreign"],
    async check({ store, harness, model, start }) {
      const sequence = (await put(store, "a")) + 1;
      await harness.putForeign!(store, "Ledger", "a", bytes);
      await put(store, "b");
      const running = start(listing(model()));
      assertRefusal(["poison", "corrupt"], "a foreign message", await failureOf(running));
      assert.deepEqual(running.failure, { family: "Ledger", id: "a", sequence, attempts: 1 });
      await assertLines(model(), ["a:1"]);
    },
  },
  {
    guarantee: "or is set aside, and no retry helps, but to discard it",
    needs: ["foreign"],
    async check({ store, harness, model, start }) {
      const running = start(listing(model(), { onError: parking }));
      const sequence = (await put(store, "a")) + 1;
      await harness.putForeign!(store, "Ledger", "a", bytes);
      await running.reached(await put(store, "b"));
      await assertLines(model(), ["a:1", "b:1"]);
      const [one] = running.parked.list();
      assert.deepEqual([one?.family, one?.id, one?.sequence], ["Ledger", "a", sequence]);
      const [remaining] = await running.parked.retry();
      assert.equal(remaining?.attempts, one!.attempts + 1);
      assert.deepEqual(await running.parked.discard({ family: "Ledger", id: "a" }), []);
      await eventually(() => assert.equal(running.state, "live"));
    },
  },
  ...(["a text", "a copy of an older commit"] as const).map((what) => brokenThenRepaired(what)),
  {
    guarantee: "what `poison` says to skip is neither stopped at nor set aside",
    async check({ store, model, start }) {
      await newerVersion(store);
      await unknownType(store);
      await knownVersion(store);
      const options = { poison: "skip", onError: parking } as const;
      const running = start(listing(model(), tickets(TicketEventsV1, options)));
      await running.caughtUp();
      assert.deepEqual(running.parked.list(), []);
      await assertLines(model(), ["unknown:1", "known:1"]);
    },
  },
];

/** What is no part of an aggregate is set aside and holds back what comes after it, until a repair. */
function brokenThenRepaired(
  what: "a text" | "a copy of an older commit",
): ProjectionCaseDefinition {
  return {
    guarantee: `${what} is set aside; a repair and a retry bring in all the rest`,
    needs: ["foreign"],
    async check({ store, harness, model, start }) {
      const running = start(listing(model(), { onError: parking }));
      const [, second, third] = await putEach(store, "a", 3);
      const copy = copyOf((await store.at(LedgerEvents, second!))!);
      await running.reached(third!);
      await harness.putForeign!(store, "Ledger", "a", what === "a text" ? bytes : copy);
      await running.reached(await put(store, "b"));
      assert.deepEqual(
        running.parked.list().map(({ id, sequence }) => [id, sequence]),
        [["a", third! + 1]],
      );
      assert.equal((await running.parked.retry()).length, 1);
      const stopped = start(listing(model("stopped"), { name: "stopped" }));
      assertRefusal(["poison", "corrupt"], "what does not park", await failureOf(stopped));
      await repair(store, Ledger, await inspect(store, Ledger, "a"));
      const last = await put(store, "a");
      await refused("parked", "what is held back", () => running.reached(last));
      assert.deepEqual(await running.parked.retry(), []);
      await running.reached(await put(store, "a"));
      await assertLines(model(), ["a:1", "a:2", "a:3", "b:1", "a:4", "a:5"]);
      // Who begins behind the last commit can't tell that a copy of one before it is none.
      if (what !== "a text") return;
      const again = start(listing(model("stopped"), { name: "stopped" }));
      await again.caughtUp();
      await assertLines(model("stopped"), ["a:1", "a:2", "a:3", "b:1", "a:4", "a:5"]);
    },
  };
}
