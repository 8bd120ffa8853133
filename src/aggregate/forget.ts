import { checkId, type DomainEvent, type EventStore } from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { dropRoot } from "./cached.ts";
import { clearSnapshots } from "./snapshot.ts";
import { checkKind, checkStore } from "../event/kinds.ts";

/**
 * Forget what is known of an aggregate besides its commits: its root in this store's memory, and
 * its snapshots of this and all earlier reducer versions. For an aggregate whose history was deleted
 * on purpose (a purge of its subject), or lost for good: until then, whoever knows of it refuses to
 * begin it anew. Other processes forget when they call this, too, or start again.
 *
 * It deletes no commit; without a purge nothing is lost by it.
 */
export async function forgetAggregate<State, Event extends DomainEvent>(
  store: Pick<EventStore, "roots" | "snapshots">,
  aggregate: Foldable<State, Event>,
  id: string,
): Promise<void> {
  checkStore(store, "snapshots");
  checkKind("aggregate", aggregate);
  checkId(id);
  await clearSnapshots(store, aggregate, id);
  dropRoot(store, aggregate, id);
}
