import { read, rebuild, type Root, snapshotAndTruncate } from "jetfold";
import { isDeepStrictEqual } from "node:util";
import type { Cafe } from "./cafe.ts";
import { ChefTodoList, chefTodoListProjection } from "./chef-todo-list.ts";
import type { Check } from "./checks.ts";
import { waiters } from "./menu.ts";
import { OpenTabs, openTabsProjection } from "./open-tabs.ts";
import type { Screens } from "./screens.ts";
import { tabAt } from "./staff.ts";
import { regularsTable, type Takings, type Waiter } from "./team.ts";
import { Tab, type TabState } from "./tab.ts";
import { TabEvents } from "./tab-events.ts";

/** The read models, built anew from history, say what the live ones say. */
export async function rebuiltEqualsLive(cafe: Cafe): Promise<Check> {
  const openTabs = new OpenTabs();
  const chefTodoList = new ChefTodoList();
  const { handled } = await rebuild(cafe.store, openTabsProjection(openTabs));
  await rebuild(cafe.store, chefTodoListProjection(chefTodoList));
  await cafe.screensShowAll();
  const live = await shownOn(cafe.screens);
  return {
    claim: `both read models, rebuilt from ${handled} events, equal the live ones`,
    held: isDeepStrictEqual(live, shown(openTabs, chefTodoList)),
  };
}

/** All that the two can be asked. */
function shown(openTabs: OpenTabs, chefTodoList: ChefTodoList): unknown {
  const tables = openTabs.activeTableNumbers();
  return {
    tabs: tables.map((table) => openTabs.tabForTable(table)),
    invoices: tables.map((table) => openTabs.invoiceForTable(table)),
    toCarry: waiters.map((waiter) => openTabs.todoListForWaiter(waiter)),
    toCook: chefTodoList.todoList(),
  };
}

/** The same, asked of the screens. */
async function shownOn({ waiters: screen, chefs }: Screens): Promise<unknown> {
  const tables = await screen.query("activeTableNumbers");
  const atEach = <Shown>(ask: (table: number) => Promise<Shown>) => Promise.all(tables.map(ask));
  return {
    tabs: await atEach((table) => screen.query("tabForTable", [table])),
    invoices: await atEach((table) => screen.query("invoiceForTable", [table])),
    toCarry: await Promise.all(waiters.map((name) => screen.query("todoListForWaiter", [name]))),
    toCook: await chefs.query("todoList"),
  };
}

/** What the waiters noted is what is stored: nothing is missing and nothing is there twice. */
export async function nothingWasLost(cafe: Cafe, team: readonly Waiter[]): Promise<Check> {
  const noted: Takings = { items: 0, paidCents: 0 };
  for (const { notes } of team) {
    noted.items += notes.items;
    noted.paidCents += notes.paidCents;
  }
  const stored: Takings = { items: 0, paidCents: 0 };
  const kinds = TabEvents.only("DrinksOrdered", "FoodOrdered", "TabClosed");
  for await (const { event } of cafe.store.replay(kinds)) {
    if (event.type === "TabClosed") stored.paidCents += event.amountPaidCents;
    else stored.items += event.items.length;
  }
  return {
    claim:
      `${stored.items} items ordered and ${euros(stored.paidCents)} paid are stored once each, ` +
      `though several waiters serve one table at once (decisions made again: ${cafe.retries})`,
    held: isDeepStrictEqual(stored, noted) && stored.items > 0,
  };
}

/** A tab as it was at some time. */
export interface Memory {
  readonly time: Date;
  readonly root: Root<TabState>;
}

/** Remember a table's tab as it is now, by the clock of the store. */
export async function rememberTab(cafe: Cafe, table: number): Promise<Memory> {
  const last = await cafe.store.at(TabEvents, await cafe.store.end(TabEvents));
  const root = await read(cafe.store, Tab, await tabAt(cafe, table));
  // The store tells milliseconds: what comes next is to be in another one.
  await cafe.pause(1);
  return { time: new Date(last!.timeMs), root };
}

/** History tells what was on a tab at a time, whatever has come since. */
export async function readsAsItWas(cafe: Cafe, { time, root }: Memory): Promise<Check> {
  const then = await read(cafe.store, Tab, root.id, { until: time });
  const now = await read(cafe.store, Tab, root.id);
  const { servedItemsValueCents, preparedFood } = then.state;
  return {
    claim:
      `when the kitchen closed, table 3 owed ${euros(servedItemsValueCents)} ` +
      `(dishes still to carry there: ${preparedFood.length})`,
    held: isDeepStrictEqual(then.state, root.state) && !isDeepStrictEqual(now.state, root.state),
  };
}

/** A long tab that was cut down to its state reads as before, and takes commands as before. */
export async function truncatedReadsTheSame(cafe: Cafe, tabId: string): Promise<Check> {
  const before = await read(cafe.store, Tab, tabId);
  const { deleted } = await snapshotAndTruncate(cafe.store, Tab, before);
  const after = await read(cafe.store, Tab, tabId);
  await cafe.ask("Jack", tabId, { type: "OpenTab", tableNumber: regularsTable, waiter: "Jack" });
  const openTabs = new OpenTabs();
  await rebuild(cafe.store, openTabsProjection(openTabs));
  return {
    claim: `${deleted} commits of the regulars' tab were deleted, and it reads the same`,
    held:
      deleted > 50 &&
      isDeepStrictEqual(after.state, before.state) &&
      openTabs.tabIdForTable(regularsTable) === tabId,
  };
}

function euros(cents: number): string {
  return (cents / 100).toFixed(2);
}
