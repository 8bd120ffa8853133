import type { OrderedItem, TabEvent } from "./tab-events.ts";
import { take } from "./take.ts";

/** One unit on a tab, as the waiters see it. */
export interface TabItem {
  readonly menuNumber: number;
  readonly description: string;
  readonly priceCents: number;
}

/** What is going on at a table. */
export interface TabStatus {
  readonly tabId: string;
  readonly tableNumber: number;
  readonly toServe: readonly TabItem[];
  readonly inPreparation: readonly TabItem[];
  readonly served: readonly TabItem[];
}

/** A tab from its opening until it is closed. */
export interface OpenTab extends TabStatus {
  readonly waiter: string;
}

type TabOpened = Extract<TabEvent, { type: "TabOpened" }>;

/** A tab that was just opened. */
export function newTab(tabId: string, { tableNumber, waiter }: TabOpened): OpenTab {
  return { tabId, tableNumber, waiter, toServe: [], inPreparation: [], served: [] };
}

/** The tab as an event leaves it. */
export function after(tab: OpenTab, event: TabEvent): OpenTab {
  switch (event.type) {
    case "DrinksOrdered":
      return { ...tab, toServe: [...tab.toServe, ...event.items.map(tabItem)] };
    case "FoodOrdered":
      return { ...tab, inPreparation: [...tab.inPreparation, ...event.items.map(tabItem)] };
    case "FoodPrepared": {
      const { taken, left } = take(event.menuNumbers, tab.inPreparation);
      return { ...tab, inPreparation: left, toServe: [...tab.toServe, ...taken] };
    }
    case "DrinksServed":
    case "FoodServed": {
      const { taken, left } = take(event.menuNumbers, tab.toServe);
      return { ...tab, toServe: left, served: [...tab.served, ...taken] };
    }
    case "TabOpened":
    case "TabClosed":
      return tab;
  }
}

function tabItem({ menuNumber, description, priceCents }: OrderedItem): TabItem {
  return { menuNumber, description, priceCents };
}
