import { describe, expect, it } from "vitest";
import { fromMenu } from "./menu.ts";
import type { TabItem } from "./open-tab.ts";
import { OpenTabs } from "./open-tabs.ts";
import type { TabEvent } from "./tab-events.ts";

const cokes = fromMenu(1, 1);
const pastaAndChili = fromMenu(10, 11);

const openedAt3 = { type: "TabOpened", tableNumber: 3, waiter: "Jack" } as const;
const openedAt1: TabEvent = { type: "TabOpened", tableNumber: 1, waiter: "Lena" };
const drinksOrdered: TabEvent = { type: "DrinksOrdered", items: cokes };
const foodOrdered: TabEvent = { type: "FoodOrdered", items: pastaAndChili };
const foodPrepared: TabEvent = { type: "FoodPrepared", menuNumbers: [11] };
const drinksServed: TabEvent = { type: "DrinksServed", menuNumbers: [1] };
const foodServed: TabEvent = { type: "FoodServed", menuNumbers: [11] };
const closed: TabEvent = {
  type: "TabClosed",
  amountPaidCents: 0,
  orderValueCents: 0,
  tipValueCents: 0,
};

describe("open tabs", () => {
  it("lists the tables that have one, in order", () => {
    const tabs = openTabs({ a: [openedAt3], b: [openedAt1] });
    expect(tabs.activeTableNumbers()).toEqual([1, 3]);
    expect(tabs.tabIdForTable(3)).toBe("a");
    expect(tabs.tabForTable(1)).toEqual({
      tabId: "b",
      tableNumber: 1,
      toServe: [],
      inPreparation: [],
      served: [],
    });
  });

  it("knows nothing of a table without a tab", () => {
    const tabs = openTabs({ a: [openedAt3, closed] });
    expect(tabs.activeTableNumbers()).toEqual([]);
    expect(tabs.tabIdForTable(3)).toBeUndefined();
    expect(tabs.tabForTable(3)).toBeUndefined();
    expect(tabs.invoiceForTable(3)).toBeUndefined();
    expect(tabs.todoListForWaiter("Jack")).toEqual(new Map());
  });
});

describe("items", () => {
  it("are to be served at once when they come from the bar, not from the kitchen", () => {
    const tabs = openTabs({ a: [openedAt3, drinksOrdered, foodOrdered] });
    expect(tabs.tabForTable(3)).toMatchObject({
      toServe: items(1, 1),
      inPreparation: items(10, 11),
      served: [],
    });
  });

  it("move on when prepared and when served, one unit for each number", () => {
    const events = [openedAt3, drinksOrdered, foodOrdered, foodPrepared];
    expect(openTabs({ a: events }).tabForTable(3)).toMatchObject({
      toServe: items(1, 1, 11),
      inPreparation: items(10),
      served: [],
    });
    expect(openTabs({ a: [...events, drinksServed, foodServed] }).tabForTable(3)).toMatchObject({
      toServe: items(1),
      inPreparation: items(10),
      served: items(1, 11),
    });
  });
});

describe("an invoice", () => {
  it("adds up what was served", () => {
    const events = [openedAt3, drinksOrdered, foodOrdered, foodPrepared, drinksServed, foodServed];
    expect(openTabs({ a: events }).invoiceForTable(3)).toEqual({
      tabId: "a",
      tableNumber: 3,
      items: items(1, 11),
      totalCents: 900,
      hasUnservedItems: true,
    });
  });

  it.each([
    ["nothing was ordered", [], false],
    ["a drink is to be served", [drinksOrdered, drinksServed], true],
    ["all is served", [drinksOrdered, drinksServed, drinksServed], false],
    ["food is in preparation", [foodOrdered], true],
  ])("says whether something is unserved: %s", (_, events, hasUnservedItems) => {
    const tabs = openTabs({ a: [openedAt3, ...events] });
    expect(tabs.invoiceForTable(3)).toMatchObject({ hasUnservedItems });
  });
});

describe("a waiter's todo list", () => {
  it("holds what is to be served at the waiter's own tables", () => {
    const tabs = openTabs({
      a: [openedAt3, drinksOrdered, foodOrdered, foodPrepared],
      b: [openedAt1, drinksOrdered],
      c: [{ ...openedAt3, tableNumber: 4 }, foodOrdered],
    });
    expect(tabs.todoListForWaiter("Jack")).toEqual(new Map([[3, items(1, 1, 11)]]));
    expect(tabs.todoListForWaiter("Lena")).toEqual(new Map([[1, items(1, 1)]]));
    expect(tabs.todoListForWaiter("Pedro")).toEqual(new Map());
  });
});

it("is not changed by an event that comes again", () => {
  const tabs = openTabs({ a: [openedAt3, drinksOrdered] });
  tabs.project({ id: "a", revision: 2, event: drinksOrdered });
  expect(tabs.tabForTable(3)).toMatchObject({ toServe: items(1, 1) });
  tabs.project({ id: "a", revision: 3, event: closed });
  tabs.project({ id: "a", revision: 1, event: openedAt3 });
  expect(tabs.activeTableNumbers()).toEqual([]);
});

function openTabs(eventsByTab: Record<string, readonly TabEvent[]>): OpenTabs {
  const tabs = new OpenTabs();
  for (const [id, events] of Object.entries(eventsByTab)) {
    events.forEach((event, index) => tabs.project({ id, revision: index + 1, event }));
  }
  return tabs;
}

function items(...menuNumbers: number[]): TabItem[] {
  return fromMenu(...menuNumbers).map(({ menuNumber, description, priceCents }) => ({
    menuNumber,
    description,
    priceCents,
  }));
}
