import { defineProjection, type Envelope, type Projection, type Selection } from "jetfold";
import { revisionGuard } from "./revision-guard.ts";
import { type TabEvent, TabEvents } from "./tab-events.ts";
import { take } from "./take.ts";

/** The food of one order that is yet to be prepared. */
export interface ChefTodoGroup {
  readonly tabId: string;
  readonly items: readonly ChefTodoItem[];
}

export interface ChefTodoItem {
  readonly menuNumber: number;
  readonly description: string;
}

/** What the kitchen hears of. */
export type KitchenEvent = Extract<TabEvent, { type: "FoodOrdered" | "FoodPrepared" }>;

/** The kitchen's read model: food to prepare, one group for each order. */
export class ChefTodoList {
  #groups: readonly ChefTodoGroup[] = [];
  readonly #isNew = revisionGuard();

  /** The groups, the oldest order first. */
  todoList(): readonly ChefTodoGroup[] {
    return this.#groups;
  }

  project(envelope: Pick<Envelope<KitchenEvent>, "id" | "revision" | "event">): void {
    if (!this.#isNew(envelope)) return;
    const { id, event } = envelope;
    if (event.type === "FoodOrdered") this.#add({ tabId: id, items: event.items.map(todoItem) });
    else this.#remove(id, event.menuNumbers);
  }

  #add(group: ChefTodoGroup): void {
    this.#groups = [...this.#groups, group];
  }

  /** What was prepared together may have been ordered apart: each is looked for in every group. */
  #remove(tabId: string, menuNumbers: readonly number[]): void {
    let wanted = menuNumbers;
    const rest = this.#groups.map((group) => {
      if (group.tabId !== tabId) return group;
      const { left, missing } = take(wanted, group.items);
      wanted = missing;
      return { tabId, items: left };
    });
    this.#groups = rest.filter((group) => group.items.length > 0);
  }
}

/**
 * Keeps a {@link ChefTodoList} up to date.
 * @param activate - called when the chef is to read this list
 */
export function chefTodoListProjection(
  chefTodoList: ChefTodoList,
  version: number = 1,
  activate: () => void = () => undefined,
): Projection<Selection<KitchenEvent>> {
  return defineProjection({
    name: "chef-todo-list",
    version,
    activate,
    events: TabEvents.only("FoodOrdered", "FoodPrepared"),
    project: (envelope) => chefTodoList.project(envelope),
    // Only closed tabs are truncated, and nothing on those is to be prepared.
    projectBase: () => undefined,
  });
}

function todoItem({ menuNumber, description }: ChefTodoItem): ChefTodoItem {
  return { menuNumber, description };
}
