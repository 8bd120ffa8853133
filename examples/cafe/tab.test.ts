import { given } from "jetfold/testing";
import { describe, it } from "vitest";
import { Tab } from "./tab.ts";
import type { OrderedItem, TabEvent } from "./tab-events.ts";

const sprite = item(4, "Sprite", true, 150);
const beer = item(10, "Beer", true, 250);
const noodles = item(16, "Beef Noodles", false, 750);
const curry = item(25, "Vegetable Curry", false, 600);

const opened: TabEvent = { type: "TabOpened", tableNumber: 42, waiter: "Derek" };

describe("opening", () => {
  it("opens a new tab", () => {
    given(Tab, []).when({ type: "OpenTab", tableNumber: 42, waiter: "Derek" }).then([opened]);
  });

  it("cannot open a tab that is open", () => {
    const again = { type: "OpenTab", tableNumber: 42, waiter: "Derek" } as const;
    given(Tab, [opened]).when(again).thenRejected("tab-already-open");
  });
});

describe("ordering", () => {
  it("cannot order on an unopened tab", () => {
    given(Tab, [])
      .when({ type: "PlaceOrder", items: [sprite] })
      .thenRejected("tab-not-open");
  });

  it("orders drinks only", () => {
    const items = [sprite, beer];
    given(Tab, [opened])
      .when({ type: "PlaceOrder", items })
      .then([drinksOrdered(...items)]);
  });

  it("orders food only", () => {
    const items = [noodles, noodles];
    given(Tab, [opened])
      .when({ type: "PlaceOrder", items })
      .then([foodOrdered(...items)]);
  });

  it("orders drinks and food: drinks first, food second", () => {
    given(Tab, [opened])
      .when({ type: "PlaceOrder", items: [noodles, sprite, curry] })
      .then([drinksOrdered(sprite), foodOrdered(noodles, curry)]);
  });

  it("makes no event of an empty order", () => {
    given(Tab, [opened]).when({ type: "PlaceOrder", items: [] }).then([]);
  });
});

describe("serving drinks", () => {
  it("serves ordered drinks", () => {
    given(Tab, [opened, drinksOrdered(sprite, beer)])
      .when({ type: "MarkDrinksServed", menuNumbers: [4, 10] })
      .then([drinksServed(4, 10)]);
  });

  it("cannot serve a drink that was not ordered", () => {
    given(Tab, [opened, drinksOrdered(sprite)])
      .when({ type: "MarkDrinksServed", menuNumbers: [10] })
      .thenRejected("drinks-not-outstanding");
  });

  it("cannot serve an ordered drink twice", () => {
    given(Tab, [opened, drinksOrdered(sprite), drinksServed(4)])
      .when({ type: "MarkDrinksServed", menuNumbers: [4] })
      .thenRejected("drinks-not-outstanding");
  });

  it("cannot serve two when one was ordered, nor the one of them that is there", () => {
    given(Tab, [opened, drinksOrdered(sprite, beer)])
      .when({ type: "MarkDrinksServed", menuNumbers: [4, 4] })
      .thenRejected("drinks-not-outstanding");
  });
});

describe("preparing food", () => {
  it("prepares ordered food", () => {
    given(Tab, [opened, foodOrdered(noodles, noodles)])
      .when({ type: "MarkFoodPrepared", menuNumbers: [16, 16] })
      .then([foodPrepared(16, 16)]);
  });

  it("cannot prepare food that was not ordered", () => {
    given(Tab, [opened])
      .when({ type: "MarkFoodPrepared", menuNumbers: [16] })
      .thenRejected("food-not-outstanding");
  });

  it("cannot prepare food twice", () => {
    given(Tab, [opened, foodOrdered(noodles, noodles), foodPrepared(16, 16)])
      .when({ type: "MarkFoodPrepared", menuNumbers: [16] })
      .thenRejected("food-not-outstanding");
  });
});

describe("serving food", () => {
  it("serves prepared food, in any order", () => {
    given(Tab, [opened, foodOrdered(noodles, curry), foodPrepared(16, 25)])
      .when({ type: "MarkFoodServed", menuNumbers: [25, 16] })
      .then([foodServed(25, 16)]);
  });

  it("cannot serve prepared food twice", () => {
    given(Tab, [opened, foodOrdered(noodles, curry), foodPrepared(16, 25), foodServed(25, 16)])
      .when({ type: "MarkFoodServed", menuNumbers: [25, 16] })
      .thenRejected("food-not-prepared");
  });

  it("cannot serve food that was not ordered", () => {
    given(Tab, [opened, foodOrdered(noodles)])
      .when({ type: "MarkFoodServed", menuNumbers: [25] })
      .thenRejected("food-not-prepared");
  });

  it("cannot serve food that was ordered but not prepared", () => {
    given(Tab, [opened, foodOrdered(noodles)])
      .when({ type: "MarkFoodServed", menuNumbers: [16] })
      .thenRejected("food-not-prepared");
  });
});

describe("closing", () => {
  const eaten = [opened, foodOrdered(noodles, curry), foodPrepared(25, 16), foodServed(16, 25)];

  it("closes a tab paid with the exact amount", () => {
    given(Tab, eaten)
      .when({ type: "CloseTab", amountPaidCents: 1350 })
      .then([tabClosed(1350, 1350, 0)]);
  });

  it("closes a tab with a tip", () => {
    given(Tab, [opened, drinksOrdered(beer), drinksServed(10)])
      .when({ type: "CloseTab", amountPaidCents: 300 })
      .then([tabClosed(300, 250, 50)]);
  });

  it("must be paid enough to close", () => {
    given(Tab, eaten)
      .when({ type: "CloseTab", amountPaidCents: 1349 })
      .thenRejected("must-pay-enough");
  });

  it("cannot close a tab twice", () => {
    given(Tab, [opened, drinksOrdered(beer), drinksServed(10), tabClosed(300, 250, 50)])
      .when({ type: "CloseTab", amountPaidCents: 300 })
      .thenRejected("tab-not-open");
  });

  it("cannot close a tab with unserved drinks", () => {
    given(Tab, [opened, drinksOrdered(beer)])
      .when({ type: "CloseTab", amountPaidCents: 250 })
      .thenRejected("tab-has-unserved-items");
  });

  it("cannot close a tab with unprepared food", () => {
    given(Tab, [opened, foodOrdered(noodles)])
      .when({ type: "CloseTab", amountPaidCents: 750 })
      .thenRejected("tab-has-unserved-items");
  });

  it("cannot close a tab with prepared food that was not served", () => {
    given(Tab, [opened, foodOrdered(noodles), foodPrepared(16)])
      .when({ type: "CloseTab", amountPaidCents: 750 })
      .thenRejected("tab-has-unserved-items");
  });
});

it("starts a new bill when it is opened again", () => {
  const evening = [opened, drinksOrdered(beer), drinksServed(10), tabClosed(250, 250, 0), opened];
  given(Tab, evening)
    .when({ type: "CloseTab", amountPaidCents: 0 })
    .then([tabClosed(0, 0, 0)]);
});

function item(
  menuNumber: number,
  description: string,
  isDrink: boolean,
  priceCents: number,
): OrderedItem {
  return { menuNumber, description, isDrink, priceCents };
}

function drinksOrdered(...items: OrderedItem[]): TabEvent {
  return { type: "DrinksOrdered", items };
}

function foodOrdered(...items: OrderedItem[]): TabEvent {
  return { type: "FoodOrdered", items };
}

function drinksServed(...menuNumbers: number[]): TabEvent {
  return { type: "DrinksServed", menuNumbers };
}

function foodPrepared(...menuNumbers: number[]): TabEvent {
  return { type: "FoodPrepared", menuNumbers };
}

function foodServed(...menuNumbers: number[]): TabEvent {
  return { type: "FoodServed", menuNumbers };
}

function tabClosed(paid: number, orderValueCents: number, tipValueCents: number): TabEvent {
  return { type: "TabClosed", amountPaidCents: paid, orderValueCents, tipValueCents };
}
