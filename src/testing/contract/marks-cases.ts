import assert from "node:assert/strict";
import type { Delivery, DomainEvent, Mark, Sequence } from "../../event/index.ts";
import { append, appendEach, endOf, sendParcel } from "./append.ts";
import type { CaseDefinition } from "./contract-case.ts";
import { deposited, everything, LedgerEvents, ParcelEvents } from "./contract-events.ts";
import { sequencesOf } from "./gather.ts";
import { listen } from "./listen.ts";
import { eventually, within } from "./within.ts";

/** What a subscription tells of its own progress. */
export const marksCases: readonly CaseDefinition[] = [
  {
    guarantee: "onCaughtUp is called once, after all history and before what came later",
    async check({ open }) {
      for (const count of [0, 30]) {
        const store = await open();
        await appendEach(store, "a", count);
        const end = await endOf(store);
        const calls: { at: number; sequence: Sequence }[] = [];
        const listener = listen((signal) =>
          store.subscribe(LedgerEvents, {
            onCaughtUp: (sequence) => calls.push({ at: listener.items.length, sequence }),
            signal,
          }),
        );
        await eventually(() => assert.equal(calls.length, 1, "called"));
        assert.equal(calls[0]?.at, count, "after all history");
        assert.ok(calls[0].sequence >= end);
        await append(store, "b", "new", [deposited(1)]);
        await listener.until((items) => items.length > count, "a live event");
        await listener.stop();
        assert.equal(calls.length, 1, "once");
      }
    },
  },
  {
    guarantee: "deliveries are the commits, with a mark when all history was delivered",
    async check({ store }) {
      const published = await appendEach(store, "a", 5);
      await append(store, "a", "any", []);
      const listener = listen((signal) => store.subscribe(LedgerEvents, { signal }).deliveries());
      await listener.until((items) => items.some(isCaughtUp), "the mark");
      const at = listener.items.findIndex(isCaughtUp);
      const before = listener.items.slice(0, at).filter(isCommit);
      assert.equal(before.length, published.length + 1, "all history, also without events");
      assert.equal((listener.items[at] as Mark).sequence >= before.at(-1)!.sequence, true);
      const { head } = await append(store, "a", "any", [deposited(9)]);
      await listener.until((items) => items.some(lastOf(head.sequence)), "a live commit");
      await listener.stop();
      assertHonest(listener.items);
    },
  },
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

function isCommit<Event extends DomainEvent>(
  delivery: Delivery<Event>,
): delivery is Exclude<Delivery<Event>, Mark> {
  return delivery.kind === "commit";
}

function isCaughtUp(delivery: Delivery<DomainEvent>): boolean {
  return delivery.kind === "mark" && delivery.caughtUp;
}

function markFrom(sequence: Sequence): (delivery: Delivery<DomainEvent>) => boolean {
  return (delivery) => delivery.kind === "mark" && delivery.sequence >= sequence;
}

function lastOf(sequence: Sequence): (delivery: Delivery<DomainEvent>) => boolean {
  return (delivery) => delivery.kind === "commit" && delivery.sequence === sequence;
}

/** Commits ascend; a mark is never lower than what came before, and nothing later is at or below it. */
function assertHonest(deliveries: readonly Delivery<DomainEvent>[]): void {
  let reached = 0;
  let caughtUp = false;
  for (const delivery of deliveries) {
    if (delivery.kind === "commit") {
      assert.ok(delivery.sequence > reached, `commit ${delivery.sequence} after ${reached}`);
    } else {
      assert.ok(delivery.sequence >= reached, `mark ${delivery.sequence} after ${reached}`);
      assert.ok(delivery.caughtUp || !caughtUp, "once caught up, always caught up");
      caughtUp = delivery.caughtUp;
    }
    reached = delivery.sequence;
  }
  const commits = sequencesOf(deliveries.filter(isCommit));
  assert.equal(new Set(commits).size, commits.length);
}
