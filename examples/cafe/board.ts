import { styleText } from "node:util";
import type { Cafe } from "./cafe.ts";
import { waiters } from "./menu.ts";

const labelWidth = 11;
const cellWidth = 7;

/** What the screens show, as a few lines of text. */
export function boardOf(cafe: Cafe, tables: readonly number[]): string[] {
  const { openTabs, chefTodoList, tally, retries } = cafe;
  const row = (label: string, cell: (table: number) => number | string | undefined): string =>
    label.padEnd(labelWidth) +
    tables.map((table) => String(cell(table) ?? "·").padStart(cellWidth)).join("");
  const count = (list: "inPreparation" | "toServe" | "served") => (table: number) =>
    openTabs.tabForTable(table)?.[list].length;
  const todo = waiters.map((waiter) => {
    const items = [...openTabs.todoListForWaiter(waiter).values()].flat();
    return `${waiter} ${items.length}`;
  });
  const orders = chefTodoList.todoList();
  const dishes = orders.flatMap((order) => order.items).length;
  return [
    styleText(
      "bold",
      row("table", (table) => table),
    ),
    row("in kitchen", count("inPreparation")),
    styleText("yellow", row("to serve", count("toServe"))),
    row("served", count("served")),
    styleText(
      "cyan",
      row("bill", (table) => euros(openTabs.invoiceForTable(table)?.totalCents)),
    ),
    `to carry: ${todo.join(", ")}; to cook: ${dishes} dishes of ${orders.length} orders`,
    styleText(
      "dim",
      `${tally.commands} commands, ${tally.events} events, ${retries} decisions made again`,
    ),
  ];
}

function euros(cents: number | undefined): string | undefined {
  return cents === undefined ? undefined : (cents / 100).toFixed(2);
}
