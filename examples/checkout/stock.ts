import { type Aggregate, defineAggregate, defineEvents, type Family, Rejection } from "jetfold";

/** What happens to the stock of one article. */
export type StockEvent =
  | { readonly type: "Delivered"; readonly quantity: number }
  | { readonly type: "Reserved"; readonly order: string; readonly quantity: number }
  | { readonly type: "Released"; readonly order: string; readonly quantity: number };

export type StockCommand =
  | { readonly type: "Deliver"; readonly quantity: number }
  | { readonly type: "Reserve"; readonly order: string; readonly quantity: number }
  | { readonly type: "Release"; readonly order: string };

export interface StockState {
  readonly free: number;
  /** By order. */
  readonly reserved: Readonly<Record<string, number>>;
}

/** A rejection of its own class, for who wants to know how much was left. */
export class OutOfStock extends Rejection<"out-of-stock", { readonly free: number }> {
  constructor(wanted: number, free: number) {
    super("out-of-stock", `${wanted} wanted, ${free} left`, { free });
  }
}

export const StockEvents: Family<StockEvent> = defineEvents<StockEvent>()({
  name: "Stock",
  types: { Delivered: {}, Reserved: {}, Released: {} },
});

/**
 * An article's stock. It knows nothing of payments; and nothing of repeats: told twice to reserve, it
 * would reserve twice.
 */
export const Stock: Aggregate<StockState, StockCommand, StockEvent> = defineAggregate({
  events: StockEvents,
  initial: (): StockState => ({ free: 0, reserved: {} }),
  process({ free, reserved }: StockState, command: StockCommand): StockEvent[] {
    switch (command.type) {
      case "Deliver":
        return [{ type: "Delivered", quantity: command.quantity }];
      case "Reserve": {
        const { order, quantity } = command;
        if (quantity > free) throw new OutOfStock(quantity, free);
        return [{ type: "Reserved", order, quantity }];
      }
      case "Release": {
        const { order } = command;
        const quantity = reserved[order];
        return quantity === undefined ? [] : [{ type: "Released", order, quantity }];
      }
    }
  },
  apply({ free, reserved }: StockState, event: StockEvent): StockState {
    if (event.type === "Delivered") return { free: free + event.quantity, reserved };
    const { order, quantity } = event;
    const { [order]: before = 0, ...others } = reserved;
    if (event.type === "Released") return { free: free + quantity, reserved: others };
    return { free: free - quantity, reserved: { ...others, [order]: before + quantity } };
  },
});
