import assert from "node:assert/strict";
import { append, appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { everything, LedgerEvents, opened, ParcelEvents } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";

/** Commits that are not as they were written. */
export const corruptCases: readonly CaseDefinition[] = [
  {
    guarantee: "a commit with one bit changed is corrupt, not an event",
    needs: ["foreign", "payload"],
    alsoJson: true,
    async check({ store, harness }) {
      const { head } = (await appendEach(store, "a", 1)).at(-1)!;
      const good = await harness.payloadOf!(store, head.sequence);
      for (const at of [1, Math.floor(good.length / 2), good.length - 20]) {
        const id = `bad-${at}`;
        const bytes = good.slice();
        bytes[at]! ^= 1;
        await harness.putForeign!(store, "Ledger", id, bytes);
        const error = await refused("corrupt", `bit ${at} changed`, () =>
          gather(store.replay(LedgerEvents.of(id))),
        );
        assert.ok(error.sequence > head.sequence);
        await refused("corrupt", `bit ${at} changed`, () => store.last(LedgerEvents, id));
      }
    },
  },
  {
    guarantee: "a sound commit under another aggregate's name is corrupt, not an event",
    needs: ["foreign", "payload"],
    async check({ store, harness }) {
      const { head } = await append(store, "a", "new", [opened()]);
      const bytes = await harness.payloadOf!(store, head.sequence);
      await harness.putForeign!(store, "Ledger", "b", bytes);
      await harness.putForeign!(store, "Parcel", "a", bytes);
      for (const selection of [LedgerEvents, LedgerEvents.of("b"), ParcelEvents, everything]) {
        await refused("corrupt", "a commit in the wrong place", () =>
          gather(store.replay(selection)),
        );
      }
      await refused("corrupt", "a commit in the wrong place", () => store.last(ParcelEvents, "a"));
    },
  },
  {
    guarantee: "a commit that is stored twice is a corrupt run of revisions",
    needs: ["foreign", "payload"],
    async check({ store, harness }) {
      const published = await appendEach(store, "a", 2);
      const bytes = await harness.payloadOf!(store, published[1]!.head.sequence);
      await harness.putForeign!(store, "Ledger", "a", bytes);
      await refused("corrupt", "reading a commit that is there twice", () =>
        gather(store.replay(LedgerEvents.of("a"))),
      );
    },
  },
];
