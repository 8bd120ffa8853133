import { defineProjection, type Envelope, type Projection, type Selection } from "jetfold";
import { ReadModelFile } from "./read-model-file.ts";
import { type RevisionGuard, revisionGuard, type Revisions } from "./revision-guard.ts";
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

/** All that {@link ChefTodoList} knows: plain data, which can be kept. */
export interface ChefTodoListMemory {
  groups: readonly ChefTodoGroup[];
  readonly revisions: Revisions;
}

/** The kitchen's read model: food to prepare, one group for each order. */
export class ChefTodoList {
  readonly memory: ChefTodoListMemory;
  readonly #isNew: RevisionGuard;

  constructor(memory: ChefTodoListMemory = { groups: [], revisions: new Map() }) {
    this.memory = memory;
    this.#isNew = revisionGuard(memory.revisions);
  }

  /** The groups, the oldest order first. */
  todoList(): readonly ChefTodoGroup[] {
    return this.memory.groups;
  }

  project(envelope: Pick<Envelope<KitchenEvent>, "id" | "revision" | "event">): void {
    if (!this.#isNew(envelope)) return;
    const { id, event } = envelope;
    if (event.type === "FoodOrdered") this.#add({ tabId: id, items: event.items.map(todoItem) });
    else this.#remove(id, event.menuNumbers);
  }

  #add(group: ChefTodoGroup): void {
    this.memory.groups = [...this.memory.groups, group];
  }

  /** What was prepared together may have been ordered apart: each is looked for in every group. */
  #remove(tabId: string, menuNumbers: readonly number[]): void {
    let wanted = menuNumbers;
    const rest = this.memory.groups.map((group) => {
      if (group.tabId !== tabId) return group;
      const { left, missing } = take(wanted, group.items);
      wanted = missing;
      return { tabId, items: left };
    });
    this.memory.groups = rest.filter((group) => group.items.length > 0);
  }
}

/**
 * Keeps a {@link ChefTodoList} up to date.
 * @param file - where this version of it is kept; removed with it
 */
export function chefTodoListProjection(
  chefTodoList: ChefTodoList,
  version: number = 1,
  file?: ReadModelFile<ChefTodoListMemory>,
): Projection<Selection<KitchenEvent>> {
  return defineProjection({
    name: "chef-todo-list",
    version,
    events: TabEvents.only("FoodOrdered", "FoodPrepared"),
    project(envelope) {
      chefTodoList.project(envelope);
      file?.write(chefTodoList.memory);
    },
    drop: () => file?.remove(),
    // Only closed tabs are truncated, and nothing on those is to be prepared.
    projectBase: () => undefined,
  });
}

/** Where a version of the list is kept, in a directory. */
export function chefTodoListFile(
  directory: string,
  version: number,
): ReadModelFile<ChefTodoListMemory> {
  return new ReadModelFile(directory, `chef-todo-list-${version}`);
}

function todoItem({ menuNumber, description }: ChefTodoItem): ChefTodoItem {
  return { menuNumber, description };
}
