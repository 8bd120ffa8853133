import { read, saveSnapshot } from "jetfold";
import type { Context } from "../harness/scenario.ts";
import type { Site } from "../site/site.ts";
import { Account } from "../work/account.ts";
import { idOfAggregate, wideEvents } from "./stream.ts";

/** How many events come after a snapshot. */
export const eventsAfter = 5;

/** Give the first `count` aggregates of a wide stream a snapshot with 5 events after it. */
export async function saveSnapshots(
  { signal }: Context,
  site: Site,
  aggregates: number,
  count: number,
): Promise<void> {
  const store = await site.openStore();
  for (let n = 0; n < count; n++) {
    const until = (wideEvents - eventsAfter - 1) * aggregates + n + 1;
    const root = await read(store, Account, idOfAggregate(n), { until, signal });
    if (root.head.revision !== wideEvents - eventsAfter) throw new Error("a snapshot elsewhere");
    await saveSnapshot(store, Account, root);
  }
}
