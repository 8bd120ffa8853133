import { defineProjection, type Envelope, type Family, type Projection } from "jetfold";
import { after, newTab, type OpenTab, type TabItem, type TabStatus } from "./open-tab.ts";
import type { ReadModelFile } from "./read-model-file.ts";
import { type RevisionGuard, revisionGuard, type Revisions } from "./revision-guard.ts";
import { type TabEvent, TabEvents } from "./tab-events.ts";

/** What is to be carried to which table. */
export type TodoList = ReadonlyMap<number, readonly TabItem[]>;

/** What a table has to pay. */
export interface TabInvoice {
  readonly tabId: string;
  readonly tableNumber: number;
  readonly items: readonly TabItem[];
  readonly totalCents: number;
  readonly hasUnservedItems: boolean;
}

/** All that {@link OpenTabs} knows: plain data, which can be kept. */
export interface OpenTabsMemory {
  readonly tabs: Map<string, OpenTab>;
  readonly revisions: Revisions;
}

/** The waiters' read model: every tab that is open. */
export class OpenTabs {
  readonly memory: OpenTabsMemory;
  readonly #tabs: Map<string, OpenTab>;
  readonly #isNew: RevisionGuard;

  constructor(memory: OpenTabsMemory = { tabs: new Map(), revisions: new Map() }) {
    this.memory = memory;
    this.#tabs = memory.tabs;
    this.#isNew = revisionGuard(memory.revisions);
  }

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
  todoListForWaiter(waiter: string): TodoList {
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

/**
 * Keeps an {@link OpenTabs} up to date.
 * @param file - where it is kept. It is written before the checkpoint is, so an event may come twice
 *   and none is missed
 */
export function openTabsProjection(
  openTabs: OpenTabs,
  file?: ReadModelFile<OpenTabsMemory>,
): Projection<Family<TabEvent>> {
  return defineProjection({
    name: "open-tabs",
    events: TabEvents,
    project(envelope) {
      openTabs.project(envelope);
      file?.write(openTabs.memory);
    },
    // Only closed tabs are truncated, and those are not on this list.
    projectBase: () => undefined,
  });
}
