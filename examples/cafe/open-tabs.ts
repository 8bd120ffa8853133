import { defineProjection, type Envelope, type Family, type Projection } from "jetfold";
import { revisionGuard } from "./revision-guard.ts";
import { type OrderedItem, type TabEvent, TabEvents } from "./tab-events.ts";
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

/** What a table has to pay. */
export interface TabInvoice {
  readonly tabId: string;
  readonly tableNumber: number;
  readonly items: readonly TabItem[];
  readonly totalCents: number;
  readonly hasUnservedItems: boolean;
}

interface OpenTab extends TabStatus {
  readonly waiter: string;
}

/** The waiters' read model: every tab that is open. */
export class OpenTabs {
  readonly #tabs = new Map<string, OpenTab>();
  readonly #isNew = revisionGuard();

  /** The tables that have an open tab, in ascending order. */
  activeTableNumbers(): number[] {
    const tables = new Set([...this.#tabs.values()].map((tab) => tab.tableNumber));
    return [...tables].toSorted((a, b) => a - b);
  }

  tabIdForTable(tableNumber: number): string | undefined {
    return this.#at(tableNumber)?.tabId;
  }

  tabForTable(tableNumber: number): TabStatus | undefined {
    const tab = this.#at(tableNumber);
    if (tab === undefined) return undefined;
    const { waiter: _, ...status } = tab;
    return status;
  }

  invoiceForTable(tableNumber: number): TabInvoice | undefined {
    const tab = this.#at(tableNumber);
    if (tab === undefined) return undefined;
    return {
      tabId: tab.tabId,
      tableNumber,
      items: tab.served,
      totalCents: tab.served.reduce((sum, item) => sum + item.priceCents, 0),
      hasUnservedItems: tab.inPreparation.length > 0 || tab.toServe.length > 0,
    };
  }

  /** What a waiter has to carry to which table: drinks just ordered and food just prepared. */
  todoListForWaiter(waiter: string): Map<number, readonly TabItem[]> {
    const todo = new Map<number, readonly TabItem[]>();
    for (const { tableNumber, toServe, ...tab } of this.#tabs.values()) {
      if (tab.waiter !== waiter || toServe.length === 0) continue;
      todo.set(tableNumber, [...(todo.get(tableNumber) ?? []), ...toServe]);
    }
    return todo;
  }

  project(envelope: Pick<Envelope<TabEvent>, "id" | "revision" | "event">): void {
    if (!this.#isNew(envelope)) return;
    const { id, event } = envelope;
    const tab = event.type === "TabOpened" ? newTab(id, event) : this.#tabs.get(id);
    if (tab === undefined) return;
    if (event.type === "TabClosed") this.#tabs.delete(id);
    else this.#tabs.set(id, after(tab, event));
  }

  #at(tableNumber: number): OpenTab | undefined {
    return [...this.#tabs.values()].find((tab) => tab.tableNumber === tableNumber);
  }
}

/** Keeps an {@link OpenTabs} up to date. */
export function openTabsProjection(openTabs: OpenTabs): Projection<Family<TabEvent>> {
  return defineProjection({
    name: "open-tabs",
    events: TabEvents,
    project: (envelope) => openTabs.project(envelope),
    // Only closed tabs are truncated, and those are not on this list.
    projectBase: () => undefined,
  });
}

type TabOpened = Extract<TabEvent, { type: "TabOpened" }>;

function newTab(tabId: string, { tableNumber, waiter }: TabOpened): OpenTab {
  return { tabId, tableNumber, waiter, toServe: [], inPreparation: [], served: [] };
}

function after(tab: OpenTab, event: TabEvent): OpenTab {
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
