import { expect, it } from "vitest";
import { type ChefTodoItem, ChefTodoList, type KitchenEvent } from "./chef-todo-list.ts";
import { fromMenu } from "./menu.ts";

const pasta = 10;
const chili = 11;
const borsch = 12;

it("has one group for each order, the oldest first", () => {
  const list = chefTodoList(
    ["a", ordered(pasta, pasta)],
    ["b", ordered(chili)],
    ["a", ordered(borsch)],
  );
  expect(list.todoList()).toEqual([
    { tabId: "a", items: items(pasta, pasta) },
    { tabId: "b", items: items(chili) },
    { tabId: "a", items: items(borsch) },
  ]);
});

it("loses one entry for each number prepared, of that tab alone", () => {
  const both = ordered(pasta, pasta);
  const list = chefTodoList(["a", both], ["b", both], ["b", prepared(pasta)]);
  expect(list.todoList()).toEqual([
    { tabId: "a", items: items(pasta, pasta) },
    { tabId: "b", items: items(pasta) },
  ]);
});

it("loses a group when all of it is prepared", () => {
  const list = chefTodoList(["a", ordered(pasta, chili)], ["a", prepared(chili, pasta)]);
  expect(list.todoList()).toEqual([]);
});

it("finds what was prepared in the oldest order that has it", () => {
  const list = chefTodoList(["a", ordered(pasta)], ["a", ordered(pasta, chili)]);
  deliver(list, 3, "a", prepared(pasta));
  expect(list.todoList()).toEqual([{ tabId: "a", items: items(pasta, chili) }]);
});

it("finds what was prepared together and ordered apart", () => {
  const orders = [ordered(pasta), ordered(chili, pasta), ordered(pasta, borsch)];
  const list = chefTodoList(...orders.map((order) => ["a", order] as const));
  deliver(list, 4, "a", prepared(borsch, pasta, pasta));
  expect(list.todoList()).toEqual([
    { tabId: "a", items: items(chili) },
    { tabId: "a", items: items(pasta) },
  ]);
});

it("is not changed by an event that comes again", () => {
  const list = chefTodoList(["a", ordered(pasta, pasta)], ["a", prepared(pasta)]);
  deliver(list, 1, "a", ordered(pasta, pasta));
  deliver(list, 2, "a", prepared(pasta));
  expect(list.todoList()).toEqual([{ tabId: "a", items: items(pasta) }]);
});

function chefTodoList(...events: (readonly [string, KitchenEvent])[]): ChefTodoList {
  const list = new ChefTodoList();
  events.forEach(([tabId, event], index) => deliver(list, index + 1, tabId, event));
  return list;
}

function deliver(list: ChefTodoList, revision: number, id: string, event: KitchenEvent): void {
  list.project({ id, revision, event });
}

function ordered(...menuNumbers: number[]): KitchenEvent {
  return { type: "FoodOrdered", items: fromMenu(...menuNumbers) };
}

function prepared(...menuNumbers: number[]): KitchenEvent {
  return { type: "FoodPrepared", menuNumbers };
}

function items(...menuNumbers: number[]): ChefTodoItem[] {
  return fromMenu(...menuNumbers).map(({ menuNumber, description }) => ({
    menuNumber,
    description,
  }));
}
