import assert from "node:assert/strict";
import type { Sequence } from "../../../event/index.ts";
import { append, appendEach, endOf, sendParcel } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, ParcelEvents } from "../contract-events.ts";
import { listen } from "../listen.ts";
import { within } from "../within.ts";
import { assertHonest, isCaughtUp, isCommit, lastOf, markFrom } from "./delivered.ts";

/** What a subscription tells of its own progress. */
export const markCases: readonly CaseDefinition[] = [
  {
    guarantee: "marks come to cover what is not selected, stored before or later",
    async check({ store }) {
      await sendParcel(store, "a");
      for (let n = 0; n < 5; n++) await append(store, "a", "any", [deposited(n)]);
      const selections = [ParcelEvents, ParcelEvents.of("nobody"), LedgerEvents.of("b")] as const;
      const listeners = selections.map((selection) =>
        listen((signal) => store.subscribe(selection, { signal }).deliveries()),
      );
      for (let round = 0; round < 2; round++) {
        const end = await endOf(store);
        for (const listener of listeners) {
          await listener.until((items) => items.some(markFrom(end)), `a mark from ${end} on`);
        }
        for (let n = 0; n < 5; n++) await append(store, "a", "any", [deposited(n)]);
      }
      for (const listener of listeners) {
        await listener.stop();
        assertHonest(listener.items);
      }
    },
  },
  {
    guarantee: "marks never go back, and nothing at or below one comes after it",
    async check({ store }) {
      const write = (id: string) => appendEach(store, id, 60);
      const first = Promise.all(["a", "b"].map(write));
      const selections = [everything, LedgerEvents.of("a"), ParcelEvents, LedgerEvents] as const;
      const listeners = selections.map((selection) =>
        listen((signal) => store.subscribe(selection, { signal }).deliveries()),
      );
      await within(first, "the first writers");
      await within(Promise.all(["c", "d"].map(write)), "the other writers");
      const { head } = await sendParcel(store, "last");
      const { head: deposit } = await append(store, "a", "any", [deposited(61)]);
      for (const [index, listener] of listeners.entries()) {
        const end = index === 2 ? head.sequence : deposit.sequence;
        await listener.until((items) => items.some(lastOf(end)), "the last commit");
        await listener.until((items) => items.some(isCaughtUp), "the mark");
        await listener.stop();
        assertHonest(listener.items);
      }
      const counts = listeners.map(({ items }) => items.filter(isCommit).length);
      assert.deepEqual(counts, [242, 61, 1, 241]);
    },
  },
  {
    guarantee: "a mark is a place to resume from",
    async check({ store }) {
      const write = async (): Promise<void> => {
        for (let n = 0; n < 200; n++) {
          await append(store, `ledger-${n % 3}`, "any", [deposited(n)]);
          if (n % 20 === 0) await sendParcel(store, "p");
        }
      };
      const written = write();
      const read: Sequence[] = [];
      let position = 0;
      const readToMark = async (): Promise<void> => {
        const subscription = store.subscribe(ParcelEvents, { after: position });
        for await (const delivery of subscription.deliveries()) {
          if (delivery.kind === "commit") read.push(delivery.sequence);
          else if (delivery.sequence > position) return void (position = delivery.sequence);
        }
      };
      while (read.length < 10) await within(readToMark(), "a mark further on");
      await written;
      assert.deepEqual(
        read,
        [...new Set(read)].sort((x, y) => x - y),
      );
      assert.equal(read.at(-1), await store.end(ParcelEvents));
    },
  },
];
