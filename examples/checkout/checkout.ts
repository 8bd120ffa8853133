import { commandTo, defineReactor, type Reactor, type Selection } from "jetfold";
import { Order, type OrderEvent, OrderEvents } from "./order.ts";
import { OutOfStock, Stock } from "./stock.ts";

/** How long a customer may take to pay. */
export const payWithinMs: number = 15 * 60_000;

type Step = Extract<OrderEvent, { type: "Placed" | "Cancelled" }>;
const steps: Selection<Step> = OrderEvents.only("Placed", "Cancelled");

/**
 * The steps of a checkout that follow by themselves. What is reserved and that payment is awaited is
 * stored together; an order that can't be reserved is cancelled instead; and what was reserved for
 * an order that is cancelled is released: the compensation.
 */
export const checkout: Reactor<typeof steps> = defineReactor({
  name: "checkout",
  events: steps,
  react({ id, event }) {
    if (event.type === "Cancelled") {
      return commandTo(Stock, event.article, { type: "Release", order: id });
    }
    const { article, quantity } = event;
    return [
      commandTo(Stock, article, { type: "Reserve", order: id, quantity }),
      commandTo(Order, id, { type: "AwaitPayment", withinMs: payWithinMs }),
    ];
  },
  onRejected({ id, event }, { rejection }) {
    if (!(rejection instanceof OutOfStock)) return undefined;
    const reason = `only ${rejection.data.free} of ${event.article} left`;
    return commandTo(Order, id, { type: "Cancel", reason });
  },
});
