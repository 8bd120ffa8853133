import { execute, memoryCheckpoints, react, read } from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkout, payWithinMs } from "../../examples/checkout/checkout.ts";
import { Order } from "../../examples/checkout/order.ts";
import { Stock } from "../../examples/checkout/stock.ts";
import { Site, storeName } from "../faults/site.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

test("of a payment and a time-out at the same moment one counts, and what is sold adds up", async () => {
  const orders = Array.from({ length: 30 }, (_, i) => `o${i}`);
  const name = storeName();
  const { store } = await site.client(name);
  const rival = (await site.client(name)).store;
  await execute(store, Stock, "cup", { type: "Deliver", quantity: 25 });
  // Two processes carry out the steps, and neither knows how far the other is.
  const both = [store, rival].map((of) =>
    react(of, checkout, { checkpoints: memoryCheckpoints() }),
  );
  for (const id of orders) {
    await execute(store, Order, id, { type: "Place", article: "cup", quantity: 1 });
  }
  for (const running of both) await running.caughtUp();

  const now = new Date(Date.now() + payWithinMs);
  await Promise.all(
    orders.flatMap((id) => [
      execute(store, Order, id, { type: "Pay" }).catch(() => undefined),
      execute(rival, Order, id, { type: "TimeOut" }, { now }),
    ]),
  );
  for (const running of both) await running.caughtUp();
  for (const running of both) await running.stop();

  const states = await Promise.all(
    orders.map(async (id) => (await read(store, Order, id, { fresh: "leader" })).state.status),
  );
  const paid = states.filter((status) => status === "paid").length;
  expect(states.filter((status) => status === "cancelled")).toHaveLength(30 - paid);
  const { state } = await read(store, Stock, "cup", { fresh: "leader" });
  expect(state.free).toBe(25 - paid);
  expect(Object.keys(state.reserved)).toHaveLength(paid);
});
