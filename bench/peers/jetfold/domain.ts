import { type Aggregate, defineAggregate, defineEvents, type Family } from "jetfold";
import { families } from "../work.ts";

/** The length of every event as JSON, which is how the peers store it. */
const bodyBytes = 134;

/** The one event of all families here. */
export interface ItemAdded {
  readonly type: "ItemAdded";
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
  readonly priceCents: number;
  readonly note: string;
}

/** One family for each name; the first is that of {@link Order}. */
export const itemFamilies: readonly Family<ItemAdded>[] = families.map((name) =>
  defineEvents<ItemAdded>()({ name, types: { ItemAdded: {} } }),
);

/** The family that is appended to, loaded and read. */
export const OrderEvents: Family<ItemAdded> = itemFamilies[0]!;

/** The items of one order, counted and added up. */
export interface OrderState {
  readonly items: number;
  readonly cents: number;
}

/** Add the item with this number. */
export interface AddItem {
  readonly number: number;
}

/** Without snapshots, which the peers do not have: a load reads all events. */
export const Order: Aggregate<OrderState, AddItem, ItemAdded> = defineAggregate({
  events: OrderEvents,
  snapshots: false,
  initial: (): OrderState => ({ items: 0, cents: 0 }),
  process: (_, { number }: AddItem) => [itemAdded(number)],
  apply: ({ items, cents }, { quantity, priceCents }) => ({
    items: items + 1,
    cents: cents + quantity * priceCents,
  }),
});

/** The event with this number. */
export function itemAdded(number: number): ItemAdded {
  return {
    type: "ItemAdded",
    orderId: `order-${padded(number % 100_000_000, 8)}`,
    sku: `sku-${padded(number % 100_000, 5)}`,
    quantity: (number % 9) + 1,
    priceCents: 1000 + (number % 9000),
    note: "leave it at the door, please",
  };
}

/** @throws when events do not have the size that all contenders' events have */
export function checkSize(): void {
  for (const number of [0, 12_345]) {
    const { length } = JSON.stringify(itemAdded(number));
    if (length !== bodyBytes) throw new Error(`an event has ${length} bytes, not ${bodyBytes}`);
  }
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
