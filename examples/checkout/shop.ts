import {
  type EventStore,
  execute,
  memoryCheckpoints,
  observe,
  react,
  read,
  type Running,
} from "jetfold";
import { checkout, payWithinMs } from "./checkout.ts";
import { Deadlines, timeOut } from "./deadlines.ts";
import { Order, type OrderState } from "./order.ts";
import { Stock } from "./stock.ts";

/** A shop that is open: customers on one side, on the other what follows by itself. */
export class Shop {
  readonly #store: EventStore;
  readonly #deadlines = new Deadlines();
  readonly #steps: Running;
  readonly #watching: Running;

  /** @param forgetful - knows of no event that was handled before, as after the loss of a checkpoint */
  constructor(store: EventStore, forgetful = false) {
    this.#store = store;
    this.#steps = react(store, checkout, forgetful ? { checkpoints: memoryCheckpoints() } : {});
    this.#watching = observe(store, this.#deadlines.projection);
  }

  async deliver(article: string, quantity: number): Promise<void> {
    await execute(this.#store, Stock, article, { type: "Deliver", quantity });
  }

  /** Resolves when the first steps are done as well. */
  async order(id: string, article: string, quantity: number): Promise<OrderState> {
    await execute(this.#store, Order, id, { type: "Place", article, quantity });
    await this.settled();
    return (await read(this.#store, Order, id)).state;
  }

  async pay(id: string): Promise<void> {
    await execute(this.#store, Order, id, { type: "Pay" });
  }

  /** What happens when so much time has passed as a customer has to pay. */
  async tooLong(): Promise<string[]> {
    await this.#watching.caughtUp();
    const told = await timeOut(this.#store, this.#deadlines, new Date(Date.now() + payWithinMs));
    await this.settled();
    return told;
  }

  /** How much of an article is neither reserved nor sold. */
  async free(article: string): Promise<number> {
    return (await read(this.#store, Stock, article)).state.free;
  }

  /** Wait until all that follows from what has happened has happened as well. */
  async settled(): Promise<void> {
    await this.#steps.caughtUp();
    // A cancelled order is a step that follows from a step.
    await this.#steps.caughtUp();
  }

  async close(): Promise<void> {
    await Promise.all([this.#steps.stop(), this.#watching.stop()]);
  }
}
