import assert from "node:assert/strict";
import { sendParcel } from "../../contract/append.ts";
import { everything, LedgerEvents, TicketEventsV3 } from "../../contract/contract-events.ts";
import { assertRefusal } from "../../contract/refused.ts";
import { assertLines, ended, failureOf, lines, listing, put, putEach } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

/** Where a projection begins. */
export const beginCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "`after` is exclusive, and for the first run only",
    async check({ store, model, start }) {
      const sequences = await putEach(store, "a", 6);
      const after = sequences[2]!;
      const running = start(listing(model()), { after });
      await running.caughtUp();
      await assertLines(model(), lines("a", 6, 4));
      await running.stop();
      await put(store, "a");
      const again = start(listing(model()), { after: 0 });
      await again.caughtUp();
      await assertLines(model(), lines("a", 7, 4));
    },
  },
  {
    guarantee: '"new" begins with what is stored after the first start, also after a restart',
    async check({ store, model, start }) {
      await putEach(store, "a", 3);
      const running = start(listing(model()), { after: "new" });
      await running.caughtUp();
      await running.stop();
      await assertLines(model(), []);
      await putEach(store, "a", 2);
      const again = start(listing(model()), { after: "new" });
      await again.caughtUp();
      await again.reached(await put(store, "a"));
      await assertLines(model(), lines("a", 6, 4));
    },
  },
  {
    guarantee: "what was not selected when the past went by is refused until the version is raised",
    async check({ store, model, start }) {
      await put(store, "a");
      await sendParcel(store, "p");
      const narrow = start(listing(model(), { events: LedgerEvents.only("Deposited") }));
      await narrow.caughtUp();
      await narrow.stop();
      for (const events of [LedgerEvents, everything, [LedgerEvents.of("a"), TicketEventsV3]]) {
        const wider = start(listing(model(), { events }));
        assertRefusal(["checkpoint"], "a wider selection", await failureOf(wider));
      }
      const raised = listing(model("all"), { events: everything, version: 2 });
      const running = start(raised);
      await running.activated();
      await assertLines(model(), lines("a", 1));
      await assertLines(model("all"), ["a:1", "p:1"]);
    },
  },
  {
    guarantee: "a selection that is no wider than before goes on",
    async check({ store, model, start }) {
      await put(store, "a");
      const wide = start(listing(model(), { events: everything }));
      await wide.caughtUp();
      await wide.stop();
      await put(store, "a");
      await put(store, "b");
      const narrow = start(listing(model(), { events: LedgerEvents.of("a") }));
      await narrow.caughtUp();
      await assertLines(model(), lines("a", 2));
      assert.equal(narrow.error, undefined);
    },
  },
  {
    guarantee: "it stops when its signal aborts or its store is closed, as if it was told to",
    async check({ store, model, start }) {
      const aborting = new AbortController();
      const running = start(listing(model()), { signal: aborting.signal });
      await running.reached(await put(store, "a"));
      aborting.abort(new Error("the case wants it"));
      await ended(running, "stopped");
      const again = start(listing(model()));
      await again.reached(await put(store, "a"));
      await assertLines(model(), lines("a", 2));
      await store.close();
      await ended(again, "stopped");
      assert.deepEqual([running.error, again.error], [undefined, undefined]);
    },
  },
];
