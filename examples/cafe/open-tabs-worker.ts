/** The thread of the waiters' screen: it feeds the read model, and answers what it is asked. */
import { kvCheckpoints, observe } from "jetfold";
import { runInWorker, type WorkerContext, type WorkerModule } from "jetfold/worker";
import { openStore } from "./open-store.ts";
import { OpenTabs, type OpenTabsMemory, openTabsProjection } from "./open-tabs.ts";
import { ReadModelFile } from "./read-model-file.ts";
import type { Place } from "./venue.ts";

/** What the waiters' screen can be asked. */
export type OpenTabsQueries = Pick<
  OpenTabs,
  "activeTableNumbers" | "tabIdForTable" | "tabForTable" | "invoiceForTable" | "todoListForWaiter"
> & {
  /** Ends the thread as it is. */
  pullThePlug(): void;
};

const worker: WorkerModule<Place, OpenTabsQueries> = runInWorker({
  async start({ data, onState }: WorkerContext<Place>) {
    const { store, close } = await openStore(data.servers, data.storeName);
    const file = new ReadModelFile<OpenTabsMemory>(data.directory, "open-tabs");
    const openTabs = new OpenTabs(file.read());
    const running = observe(store, openTabsProjection(openTabs, file), {
      checkpoints: kvCheckpoints(store),
      onState,
    });
    const queries: OpenTabsQueries = {
      activeTableNumbers: () => openTabs.activeTableNumbers(),
      tabIdForTable: (table) => openTabs.tabIdForTable(table),
      tabForTable: (table) => openTabs.tabForTable(table),
      invoiceForTable: (table) => openTabs.invoiceForTable(table),
      todoListForWaiter: (waiter) => openTabs.todoListForWaiter(waiter),
      pullThePlug: () => process.exit(1),
    };
    return { running, queries, close };
  },
});

/** All that other threads see of this one. */
export type OpenTabsWorker = typeof worker;
