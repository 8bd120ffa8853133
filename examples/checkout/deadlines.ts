import { defineProjection, type EventStore, execute, type Projection } from "jetfold";
import { Order, OrderEvents } from "./order.ts";

/** Which orders wait for their payment, and until when: a read model. */
export class Deadlines {
  readonly #untilMs = new Map<string, number>();
  /** Keeps it up to date. */
  readonly projection: Projection<typeof OrderEvents, undefined> = defineProjection({
    name: "deadlines",
    events: OrderEvents,
    project: ({ id, event }) => {
      if (event.type === "PaymentAwaited") this.#untilMs.set(id, event.untilMs);
      else this.#untilMs.delete(id);
    },
  });

  /** The orders whose time is over. */
  due(now: Date): string[] {
    return [...this.#untilMs].filter(([, ms]) => ms <= now.getTime()).map(([id]) => id);
  }
}

/**
 * Tell the orders whose time is over. Call it every now and then, in any number of processes: the
 * order decides whether it is so, and cancels itself once.
 * @returns those that were told
 */
export async function timeOut(
  store: EventStore,
  deadlines: Deadlines,
  now: Date,
): Promise<string[]> {
  const due = deadlines.due(now);
  for (const id of due) await execute(store, Order, id, { type: "TimeOut" }, { now });
  return due;
}
