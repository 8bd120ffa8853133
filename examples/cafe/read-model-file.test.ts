import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ChefTodoList, chefTodoListFile } from "./chef-todo-list.ts";
import { fromMenu } from "./menu.ts";
import { OpenTabs, type OpenTabsMemory } from "./open-tabs.ts";
import { ReadModelFile } from "./read-model-file.ts";

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "cafe-"))));
afterEach(() => rmSync(directory, { recursive: true }));

const opened = { type: "TabOpened", tableNumber: 3, waiter: "Jack" } as const;
const ordered = { type: "DrinksOrdered", items: fromMenu(1) } as const;

it("is empty at first, and again when it is removed", () => {
  const file = new ReadModelFile<string>(directory, "note");
  expect(file.read()).toBeUndefined();
  file.write("two cokes");
  file.write("three cokes");
  expect(file.read()).toBe("three cokes");
  expect(readdirSync(directory)).toEqual(["note"]);
  file.remove();
  file.remove();
  expect(file.read()).toBeUndefined();
});

it("gives the open tabs back as they were, with what they have heard already", () => {
  const file = new ReadModelFile<OpenTabsMemory>(directory, "open-tabs");
  const before = new OpenTabs();
  before.project({ id: "a", revision: 1, event: opened });
  before.project({ id: "a", revision: 2, event: ordered });
  file.write(before.memory);
  const after = new OpenTabs(file.read());
  after.project({ id: "a", revision: 2, event: ordered });
  expect(after.todoListForWaiter("Jack")).toEqual(before.todoListForWaiter("Jack"));
  after.project({ id: "a", revision: 3, event: ordered });
  expect(after.tabForTable(3)?.toServe).toHaveLength(2);
});

it("gives the chef's list back, of its own version", () => {
  const before = new ChefTodoList();
  const event = { type: "FoodOrdered", items: fromMenu(10, 11) } as const;
  before.project({ id: "a", revision: 1, event });
  chefTodoListFile(directory, 1).write(before.memory);
  const after = new ChefTodoList(chefTodoListFile(directory, 1).read());
  after.project({ id: "a", revision: 1, event });
  expect(after.todoList()).toEqual(before.todoList());
  expect(chefTodoListFile(directory, 2).read()).toBeUndefined();
});
