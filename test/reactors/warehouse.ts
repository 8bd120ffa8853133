import {
  type Aggregate,
  commandTo,
  defineAggregate,
  defineEvents,
  defineReactor,
  type EventStore,
  execute,
  type Family,
  type Reactor,
  type ReactorDefinition,
  Rejection,
  type Selection,
} from "jetfold";

export type OrderEvent =
  | { readonly type: "Placed"; readonly sku: string; readonly quantity: number }
  | { readonly type: "Confirmed" }
  | { readonly type: "Cancelled"; readonly reason: string };

export const OrderEvents: Family<OrderEvent> = defineEvents<OrderEvent>()({
  name: "Order",
  types: { Placed: {}, Confirmed: {}, Cancelled: {} },
});

/** Says yes to everything: what comes twice is stored twice. */
export const Order: Aggregate<number, OrderEvent, OrderEvent> = defineAggregate({
  events: OrderEvents,
  initial: (): number => 0,
  process: (_: number, event: OrderEvent): OrderEvent[] => [event],
  apply: (events: number): number => events + 1,
  upcastState: [],
});

/** So much of a thing was set aside for an order. */
export interface Reserved {
  readonly type: "Reserved";
  readonly order: string;
  readonly quantity: number;
}

const StockEvents: Family<Reserved> = defineEvents<Reserved>()({
  name: "Stock",
  types: { Reserved: {} },
});

/** How much there is of each thing. */
export const plenty: number = 1_000;

/** Reserves again for the same order, if it is told to. */
export const Stock: Aggregate<number, Omit<Reserved, "type">, Reserved> = defineAggregate({
  events: StockEvents,
  initial: (): number => 0,
  process(reserved: number, { order, quantity }: Omit<Reserved, "type">): Reserved[] {
    if (reserved + quantity > plenty) {
      throw new Rejection("out-of-stock", `${plenty - reserved} left`);
    }
    return [{ type: "Reserved", order, quantity }];
  },
  apply: (reserved: number, { quantity }: Reserved): number => reserved + quantity,
  upcastState: [],
});

const placed: Selection<Extract<OrderEvent, { type: "Placed" }>> = OrderEvents.only("Placed");

/** Reserves what is ordered, and confirms the order or cancels it. */
export function fulfilment(
  more: Partial<Omit<ReactorDefinition<typeof placed>, "name" | "events">> = {},
): Reactor<typeof placed> {
  return defineReactor({
    name: "fulfilment",
    events: placed,
    react: ({ id, event: { sku, quantity } }) => [
      commandTo(Stock, sku, { order: id, quantity }),
      commandTo(Order, id, { type: "Confirmed" }),
    ],
    onRejected: ({ id }, { rejection }) =>
      commandTo(Order, id, { type: "Cancelled", reason: rejection.code }),
    ...more,
  });
}

/** Place an order. @returns the sequence it is stored at */
export async function place(
  store: EventStore,
  id: string,
  { sku = "cup", quantity = 1 }: { readonly sku?: string; readonly quantity?: number } = {},
): Promise<number> {
  const { head } = await execute(store, Order, id, { type: "Placed", sku, quantity });
  return head.sequence;
}

/** What came of the orders: each line once for each time it is stored, in the order of the store. */
export async function outcome(store: EventStore): Promise<string[]> {
  const lines: string[] = [];
  for await (const { id, event } of store.replay([OrderEvents, StockEvents])) {
    if (event.type === "Reserved") lines.push(`${event.order} reserved`);
    else if (event.type !== "Placed") lines.push(`${id} ${event.type.toLowerCase()}`);
  }
  return lines;
}

/** What must come of orders that are fulfilled. */
export function fulfilled(...orders: readonly string[]): string[] {
  return orders.flatMap((id) => [`${id} reserved`, `${id} confirmed`]);
}
