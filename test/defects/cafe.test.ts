import { execute, observe } from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { given } from "jetfold/testing";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ChefTodoList, chefTodoListProjection } from "../../examples/cafe/chef-todo-list.ts";
import { OpenTabs, openTabsProjection } from "../../examples/cafe/open-tabs.ts";
import type { OrderedItem, TabEvent } from "../../examples/cafe/tab-events.ts";
import { Tab } from "../../examples/cafe/tab.ts";

const beer: OrderedItem = { menuNumber: 1, description: "Beer", isDrink: true, priceCents: 10 };
const soup: OrderedItem = { menuNumber: 2, description: "Soup", isDrink: false, priceCents: 20 };
const opened: TabEvent = { type: "TabOpened", tableNumber: 4, waiter: "Derek" };
const drinks: TabEvent = { type: "DrinksOrdered", items: [beer] };
const food: TabEvent = { type: "FoodOrdered", items: [soup] };

/** Drinks and food served, 30 cents. */
const eaten: TabEvent[] = [
  opened,
  drinks,
  food,
  { type: "DrinksServed", menuNumbers: [1] },
  { type: "FoodPrepared", menuNumbers: [2] },
  { type: "FoodServed", menuNumbers: [2] },
];
const closed: TabEvent = {
  type: "TabClosed",
  amountPaidCents: 35,
  orderValueCents: 30,
  tipValueCents: 5,
};

test("defect 18: one order of drinks and food is one command and two events", () => {
  given(Tab, [opened])
    .when({ type: "PlaceOrder", items: [soup, beer] })
    .then([drinks, food]);
});

test("defect 35: a tab is opened once, and ordered on, served and closed only while it is open", () => {
  const open = { type: "OpenTab", tableNumber: 4, waiter: "Derek" } as const;
  given(Tab, [opened]).when(open).thenRejected("tab-already-open");
  const serve = { type: "MarkDrinksServed", menuNumbers: [1] } as const;
  const order = { type: "PlaceOrder", items: [beer] } as const;
  const close = { type: "CloseTab", amountPaidCents: 100 } as const;
  for (const history of [[], [...eaten, closed]]) {
    given(Tab, history).when(serve).thenRejected("drinks-not-outstanding");
    given(Tab, history).when(order).thenRejected("tab-not-open");
    given(Tab, history).when(close).thenRejected("tab-not-open");
  }
});

test("defect 35: money is counted in whole cents, so 10 and 20 are 30 and the tip is exact", () => {
  given(Tab, eaten).when({ type: "CloseTab", amountPaidCents: 35 }).then([closed]);
  given(Tab, eaten).when({ type: "CloseTab", amountPaidCents: 29 }).thenRejected(/29/);
});

test("defect 35: chef and waiters have their views, and observing them holds nothing up", async () => {
  const store = await MemoryStore.open();
  const kitchen = new ChefTodoList();
  const tabs = new OpenTabs();
  const runs = [
    observe(store, chefTodoListProjection(kitchen)),
    observe(store, openTabsProjection(tabs)),
  ];
  await execute(store, Tab, "tab", { type: "OpenTab", tableNumber: 4, waiter: "Derek" });
  const { head } = await execute(store, Tab, "tab", { type: "PlaceOrder", items: [beer, soup] });
  for (const run of runs) await run.reached(head.sequence);
  expect(kitchen.todoList()).toEqual([
    { tabId: "tab", items: [{ menuNumber: 2, description: "Soup" }] },
  ]);
  expect([...tabs.todoListForWaiter("Derek").keys()]).toEqual([4]);
  await store.close();
});

test("defect 35: no test of the example is left out of a run", () => {
  const directory = new URL("../../examples/cafe/", import.meta.url);
  const files = readdirSync(directory).filter((file) => file.endsWith(".test.ts"));
  expect(files).toContain("tab.test.ts");
  for (const file of files) {
    const text = readFileSync(new URL(file, directory), "utf8");
    expect(text).not.toMatch(/\b(?:it|test|describe)\.(?:skip|only|todo)\b/);
    expect(text).toMatch(/^\s*(?:it|test)\(/m);
  }
  const config = readFileSync(new URL("../../vitest.config.ts", import.meta.url), "utf8");
  expect(config).toContain('"examples/**/*.test.ts"');
});
