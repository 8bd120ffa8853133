/** The thread of one version of the chef's screen. */
import { kvCheckpoints, observe } from "jetfold";
import { runInWorker, type WorkerContext, type WorkerModule } from "jetfold/worker";
import { ChefTodoList, chefTodoListFile, chefTodoListProjection } from "./chef-todo-list.ts";
import { openStore } from "./open-store.ts";
import type { Place } from "./venue.ts";

/** Where it works, and which version it is. */
export interface ChefTodoListData extends Place {
  readonly version: number;
}

const worker: WorkerModule<ChefTodoListData, Pick<ChefTodoList, "todoList">> = runInWorker({
  async start({ data, onState }: WorkerContext<ChefTodoListData>) {
    const { store, close } = await openStore(data.servers, data.storeName);
    const file = chefTodoListFile(data.directory, data.version);
    const chefTodoList = new ChefTodoList(file.read());
    const projection = chefTodoListProjection(chefTodoList, data.version, file);
    const running = observe(store, projection, { checkpoints: kvCheckpoints(store), onState });
    return { running, queries: { todoList: () => chefTodoList.todoList() }, close };
  },
});

/** All that other threads see of this one. */
export type ChefTodoListWorker = typeof worker;
