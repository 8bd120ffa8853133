import { type EventStore, type Family, type Head, noHead } from "jetfold";
import type { Job } from "../contender.ts";
import { inFlight } from "../work.ts";
import { itemAdded, type ItemAdded, itemFamilies, OrderEvents } from "./domain.ts";

/** The id of the aggregate with this number. */
export function idOf(aggregate: number): string {
  return `order-${aggregate}`;
}

/** Write one aggregate after the other, each event as a commit; nothing when there is data. */
export async function fillSideBySide(store: EventStore, { size, signal }: Job): Promise<void> {
  if ((await store.end(OrderEvents)) > 0) return;
  for (let aggregate = 0; aggregate < size.aggregates; aggregate++) {
    signal.throwIfAborted();
    let expect = noHead;
    for (let event = 0; event < size.events; event++) {
      const events = [itemAdded(aggregate * size.events + event)];
      const id = idOf(aggregate);
      ({ head: expect } = await store.publish({ family: OrderEvents, id, expect, events }));
    }
  }
}

/** Write the first event of all aggregates, then the second of all, and so on. */
export async function fillWide(store: EventStore, job: Job): Promise<void> {
  await fillInTurns(store, job, [OrderEvents]);
}

/** The same, for four families in turn. */
export async function fillFamilies(store: EventStore, job: Job): Promise<void> {
  await fillInTurns(store, job, itemFamilies);
}

async function fillInTurns(
  store: EventStore,
  { size, signal }: Job,
  families: readonly Family<ItemAdded>[],
): Promise<void> {
  if ((await store.end(OrderEvents)) > 0) return;
  const rows = families.length * size.aggregates;
  const heads: Head[] = Array.from({ length: rows }, () => noHead);
  for (let event = 0; event < size.events; event++) {
    let begun = 0;
    const writeSome = async (): Promise<void> => {
      while (begun < rows) {
        signal.throwIfAborted();
        const row = begun++;
        const family = families[row % families.length]!;
        const id = idOf(Math.floor(row / families.length));
        const events = [itemAdded(event * rows + row)];
        const published = await store.publish({ family, id, expect: heads[row]!, events });
        heads[row] = published.head;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, writeSome));
  }
}
