import { newId } from "jetfold";
import type { Cafe } from "./cafe.ts";
import { fromMenu, menu, type MenuItem } from "./menu.ts";
import type { Waiter } from "./team.ts";

/** Open a tab for each of the waiter's tables. */
export async function openTables(cafe: Cafe, { name, tables, tabs }: Waiter): Promise<void> {
  for (const tableNumber of tables) {
    const tabId = newId();
    await cafe.ask(name, tabId, { type: "OpenTab", tableNumber, waiter: name });
    tabs.set(tableNumber, tabId);
    await cafe.pause(1);
  }
}

/** Take an order for a tab, which need not be of one's own table. */
export async function takeOrder(
  cafe: Cafe,
  { name, dice, notes }: Waiter,
  tabId: string,
  choice: readonly MenuItem[] = menu,
): Promise<void> {
  const items = Array.from({ length: dice.roll(3) }, () => dice.pick(choice));
  await cafe.ask(name, tabId, { type: "PlaceOrder", items });
  notes.items += items.length;
}

/** Take an order at each of the waiter's own tables. */
export async function takeOrders(
  cafe: Cafe,
  waiter: Waiter,
  choice: readonly MenuItem[] = menu,
): Promise<void> {
  for (const tabId of waiter.tabs.values()) await takeOrder(cafe, waiter, tabId, choice);
}

/** Take an order at each of the waiter's own tables, and carry out what is ready meanwhile. */
export async function waitOnTables(cafe: Cafe, waiter: Waiter): Promise<void> {
  for (const tabId of waiter.tabs.values()) {
    await takeOrder(cafe, waiter, tabId);
    await cafe.pause(waiter.dice.roll(6));
    await serveWhatIsReady(cafe, waiter);
  }
}

/** Carry everything on the waiter's todo list to its table. */
export async function serveWhatIsReady(cafe: Cafe, { name, tabs }: Waiter): Promise<void> {
  for (const [table, items] of await cafe.screens.waiters.query("todoListForWaiter", [name])) {
    const numbers = items.map((item) => item.menuNumber);
    const drinks = numbers.filter(isDrink);
    const food = numbers.filter((number) => !isDrink(number));
    const tabId = tabs.get(table)!;
    if (drinks.length > 0) {
      await cafe.ask(name, tabId, { type: "MarkDrinksServed", menuNumbers: drinks });
    }
    if (food.length > 0) await cafe.ask(name, tabId, { type: "MarkFoodServed", menuNumbers: food });
  }
  // Until then the list still shows what has just been carried.
  await cafe.screensShowAll();
}

/** Cook what the screen shows, the oldest order first, until the kitchen closes and all is done. */
export async function cook(cafe: Cafe, isKitchenOpen: () => boolean): Promise<void> {
  for (;;) {
    const orders = await cafe.screens.chefs.query("todoList");
    const tabId = orders[0]?.tabId;
    if (tabId !== undefined) {
      // A table is served together, whether it ordered at once or in several orders.
      const dishes = orders.filter((order) => order.tabId === tabId).flatMap(({ items }) => items);
      const menuNumbers = dishes.map((dish) => dish.menuNumber);
      await cafe.ask("chef", tabId, { type: "MarkFoodPrepared", menuNumbers });
      await cafe.screensShowAll();
    } else if (!isKitchenOpen()) return;
    await cafe.pause(1);
  }
}

/** Present the bill at each of the waiter's tables; the guests round it up to whole tens. */
export async function presentBills(cafe: Cafe, { name, tabs, notes }: Waiter): Promise<void> {
  for (const [table, tabId] of tabs) {
    const invoice = await cafe.screens.waiters.query("invoiceForTable", [table]);
    const amountPaidCents = Math.ceil(invoice!.totalCents / 1000) * 1000;
    await cafe.ask(name, tabId, { type: "CloseTab", amountPaidCents });
    notes.paidCents += amountPaidCents;
    await cafe.pause(1);
  }
}

/** The tab of a table, as the waiters' screen knows it. */
export async function tabAt(cafe: Cafe, table: number): Promise<string> {
  const tabId = await cafe.screens.waiters.query("tabIdForTable", [table]);
  if (tabId === undefined) throw new Error(`table ${table} has no tab`);
  return tabId;
}

/** All waiters at the same time. */
export async function everybody(
  team: readonly Waiter[],
  work: (waiter: Waiter) => Promise<void>,
): Promise<void> {
  await Promise.all(team.map(work));
}

function isDrink(menuNumber: number): boolean {
  return fromMenu(menuNumber)[0]!.isDrink;
}
