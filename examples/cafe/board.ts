import { styleText } from "node:util";
import { combineLatest, map, type Observable } from "rxjs";
import type { Cafe } from "./cafe.ts";
import type { ChefTodoGroup } from "./chef-todo-list.ts";
import { doing$, shown$, todoList$ } from "./live.ts";
import { waiters } from "./menu.ts";
import type { TabStatus } from "./open-tab.ts";
import type { TabInvoice, TodoList } from "./open-tabs.ts";
import type { WaitersScreen } from "./screens.ts";

const labelWidth = 11;
const cellWidth = 7;

/** All that is on the board. */
interface Shown {
  /** One for each table. */
  readonly tabs: readonly (TabStatus | undefined)[];
  readonly invoices: readonly (TabInvoice | undefined)[];
  /** One for each waiter. */
  readonly toCarry: readonly TodoList[];
  readonly toCook: readonly ChefTodoGroup[];
  /** What the two screens are doing. */
  readonly doing: readonly string[];
}

/** What the screens show, as a few lines of text: at once, and again whenever it has changed. */
export function board$(cafe: Cafe, tables: readonly number[]): Observable<string[]> {
  const { waiters$, chefs$ } = cafe.screens;
  return combineLatest({
    tabs: shown$(waiters$, (screen) => tabsAt(screen, tables)),
    invoices: shown$(waiters$, (screen) => invoicesAt(screen, tables)),
    toCarry: combineLatest(waiters.map((waiter) => todoList$(cafe.screens, waiter))),
    toCook: shown$(chefs$, (screen) => screen.query("todoList")),
    doing: combineLatest([doing$(waiters$), doing$(chefs$)]),
  }).pipe(map((shown) => linesOf(shown, cafe, tables)));
}

function tabsAt(screen: WaitersScreen, tables: readonly number[]) {
  return Promise.all(tables.map((table) => screen.query("tabForTable", [table])));
}

function invoicesAt(screen: WaitersScreen, tables: readonly number[]) {
  return Promise.all(tables.map((table) => screen.query("invoiceForTable", [table])));
}

function linesOf(
  { tabs, invoices, toCarry, toCook, doing }: Shown,
  { tally, retries }: Cafe,
  tables: readonly number[],
): string[] {
  const count = (list: "inPreparation" | "toServe" | "served") =>
    tabs.map((tab) => tab?.[list].length);
  const bills = invoices.map((invoice) => invoice && (invoice.totalCents / 100).toFixed(2));
  const carrying = waiters.map((waiter, index) => {
    const items = [...toCarry[index]!.values()].flat();
    return `${waiter} ${items.length}`;
  });
  const dishes = toCook.flatMap((order) => order.items).length;
  return [
    styleText("bold", row("table", tables)),
    row("in kitchen", count("inPreparation")),
    styleText("yellow", row("to serve", count("toServe"))),
    row("served", count("served")),
    styleText("cyan", row("bill", bills)),
    `to carry: ${carrying.join(", ")}; to cook: ${dishes} dishes of ${toCook.length} orders`,
    styleText("dim", `the waiters' screen is ${doing[0]}, the chef's is ${doing[1]}`),
    styleText(
      "dim",
      `${tally.commands} commands, ${tally.events} events, ${retries} decisions made again`,
    ),
  ];
}

function row(label: string, cells: readonly (number | string | undefined)[]): string {
  const padded = cells.map((cell) => String(cell ?? "·").padStart(cellWidth));
  return label.padEnd(labelWidth) + padded.join("");
}
