import { type Aggregate, defineAggregate, defineEvents, type Family, Rejection } from "jetfold";

/** What happens to an order. */
export type OrderEvent =
  | { readonly type: "Placed"; readonly article: string; readonly quantity: number }
  | { readonly type: "PaymentAwaited"; readonly untilMs: number }
  | { readonly type: "Paid" }
  | { readonly type: "Cancelled"; readonly article: string; readonly reason: string };

export type OrderCommand =
  | { readonly type: "Place"; readonly article: string; readonly quantity: number }
  | { readonly type: "AwaitPayment"; readonly withinMs: number }
  | { readonly type: "Pay" }
  /** Its time may be over. */
  | { readonly type: "TimeOut" }
  | { readonly type: "Cancel"; readonly reason: string };

export interface OrderState {
  readonly status: "new" | "placed" | "awaiting payment" | "paid" | "cancelled";
  readonly article: string;
  readonly untilMs: number;
}

export const OrderEvents: Family<OrderEvent> = defineEvents<OrderEvent>()({
  name: "Order",
  types: { Placed: {}, PaymentAwaited: {}, Paid: {}, Cancelled: {} },
});

/**
 * An order is its own process: where it stands is its state, and what may come next it decides itself.
 * Of a payment and a time-out at the same moment one is stored first, and the other is decided on it.
 */
export const Order: Aggregate<OrderState, OrderCommand, OrderEvent> = defineAggregate({
  events: OrderEvents,
  initial: (): OrderState => ({ status: "new", article: "", untilMs: 0 }),
  process(order: OrderState, command: OrderCommand, { now }): OrderEvent[] {
    const { status, article, untilMs } = order;
    const cancelled = (reason: string): OrderEvent => ({ type: "Cancelled", article, reason });
    switch (command.type) {
      case "Place": {
        const { quantity } = command;
        return [{ type: "Placed", article: command.article, quantity }];
      }
      case "AwaitPayment":
        return [{ type: "PaymentAwaited", untilMs: now.getTime() + command.withinMs }];
      case "Pay":
        if (status === "paid") return [];
        if (status !== "awaiting payment") {
          throw new Rejection("too-late", `the order is ${status}`);
        }
        return [{ type: "Paid" }];
      case "TimeOut": {
        const over = status === "awaiting payment" && now.getTime() >= untilMs;
        return over ? [cancelled("not paid in time")] : [];
      }
      case "Cancel":
        return status === "cancelled" ? [] : [cancelled(command.reason)];
    }
  },
  apply(order: OrderState, event: OrderEvent): OrderState {
    switch (event.type) {
      case "Placed":
        return { ...order, status: "placed", article: event.article };
      case "PaymentAwaited":
        return { ...order, status: "awaiting payment", untilMs: event.untilMs };
      case "Paid":
        return { ...order, status: "paid" };
      case "Cancelled":
        return { ...order, status: "cancelled" };
    }
  },
});
