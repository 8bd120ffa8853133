import { type EventStore, execute, read, type Replay } from "jetfold";
import type { Job, Measured } from "../contender.ts";
import { oneByOne } from "./clock.ts";
import { Order, OrderEvents } from "./domain.ts";
import { idOf } from "./fill.ts";

/** Visits all aggregates before it comes back to the first. */
const stride = 7919;

/** Load one aggregate at a time, never the same one twice. */
export async function load(store: EventStore, job: Job): Promise<Measured> {
  const { aggregates, events } = job.size;
  return oneByOne(job, async (operation) => {
    const { state } = await read(store, Order, idOf((operation * stride) % aggregates));
    checkCount(state.items, events);
  });
}

/** Carry out one command at a time, on a few aggregates in turn. */
export async function executeWarm(store: EventStore, job: Job): Promise<Measured> {
  const { aggregates, events } = job.size;
  return oneByOne(job, async (operation) => {
    const id = idOf(operation % aggregates);
    const { state } = await execute(store, Order, id, { number: operation });
    checkCount(state.items, events + Math.floor(operation / aggregates) + 1);
  });
}

/** Read one family from its first event to its last, and decode every event. */
export async function replayFamily(store: Replay, job: Job): Promise<Measured> {
  const { aggregates, events } = job.size;
  return oneByOne(job, async () => {
    let count = 0;
    let cents = 0;
    for await (const { event } of store.replay(OrderEvents)) {
      count++;
      cents += event.quantity * event.priceCents;
    }
    checkCount(cents > 0 ? count : 0, aggregates * events);
  });
}

function checkCount(count: number, expected: number): void {
  if (count !== expected) throw new Error(`${count} of ${expected} events`);
}
