import { given } from "jetfold/testing";
import { describe, it } from "vitest";
import { Order, type OrderEvent } from "./order.ts";

const dueMs = Date.parse("2030-01-01T12:00:00Z");
const placed: OrderEvent = { type: "Placed", article: "cup", quantity: 1 };
const awaited: OrderEvent = { type: "PaymentAwaited", untilMs: dueMs };
const cancelled: OrderEvent = { type: "Cancelled", article: "cup", reason: "not paid in time" };

describe("an order that awaits its payment", () => {
  const at = (ms: number) => given(Order, [placed, awaited], { now: new Date(ms) });

  it("can be paid", () => {
    at(dueMs - 1)
      .when({ type: "Pay" })
      .then([{ type: "Paid" }]);
  });

  it("is not cancelled before its time", () => {
    at(dueMs - 1)
      .when({ type: "TimeOut" })
      .then([]);
  });

  it("is cancelled when its time is over", () => {
    at(dueMs).when({ type: "TimeOut" }).then([cancelled]);
  });
});

describe("a time-out that comes", () => {
  it("after the payment changes nothing", () => {
    const paid = given(Order, [placed, awaited, { type: "Paid" }], { now: new Date(dueMs) });
    paid.when({ type: "TimeOut" }).then([]);
  });

  it("before the payment makes it too late", () => {
    given(Order, [placed, awaited, cancelled]).when({ type: "Pay" }).thenRejected("too-late");
  });

  it("twice cancels once", () => {
    const again = given(Order, [placed, awaited, cancelled], { now: new Date(dueMs) });
    again.when({ type: "TimeOut" }).then([]);
  });
});
