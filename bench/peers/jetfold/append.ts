import { type Head, noHead, type Publish } from "jetfold";
import type { Job, Measured } from "../contender.ts";
import { commitEvents, inFlight, warmUpOf } from "../work.ts";
import { type Clock, measured, oneByOne, startClock } from "./clock.ts";
import { itemAdded, OrderEvents } from "./domain.ts";

/** One conditional append at a time, all to one aggregate. */
export async function appendSequential(store: Publish, job: Job): Promise<Measured> {
  return appendOneByOne(store, job, 1);
}

/** One commit of ten events at a time, all to one aggregate. */
export async function appendCommit(store: Publish, job: Job): Promise<Measured> {
  return appendOneByOne(store, job, commitEvents);
}

async function appendOneByOne(store: Publish, job: Job, count: number): Promise<Measured> {
  let head = noHead;
  return oneByOne(job, async (operation) => {
    const events = Array.from({ length: count }, (_, event) =>
      itemAdded(operation * count + event),
    );
    const commit = { family: OrderEvents, id: "order-0", expect: head, events };
    ({ head } = await store.publish(commit));
  });
}

/** Many conditional appends at a time: as many aggregates, each with one append under way. */
export async function appendInFlight(store: Publish, job: Job): Promise<Measured> {
  const heads: Head[] = Array.from({ length: inFlight }, () => noHead);
  await spread(store, job, heads, warmUpOf(job.size.operations), startClock());
  const clock = startClock();
  await spread(store, job, heads, job.size.operations, clock);
  return measured(job, clock);
}

/** Do so many appends in all; `heads` are the aggregates' heads, before and afterwards. */
async function spread(
  store: Publish,
  { signal }: Job,
  heads: Head[],
  operations: number,
  { timesMs }: Clock,
): Promise<void> {
  let begun = 0;
  const appendTo = async (aggregate: number): Promise<void> => {
    const id = `order-${aggregate}`;
    while (begun < operations) {
      signal.throwIfAborted();
      const events = [itemAdded(begun++)];
      const beganMs = performance.now();
      const expect = heads[aggregate]!;
      const published = await store.publish({ family: OrderEvents, id, expect, events });
      timesMs.push(performance.now() - beganMs);
      heads[aggregate] = published.head;
    }
  };
  await Promise.all(heads.map((_, aggregate) => appendTo(aggregate)));
}
