import { defaultBudgetMs, type EventStore, isJetfoldError, type Metadata } from "../event/index.ts";
import { backOff, deadlineIn, rivalPace } from "../event/backend/index.ts";
import { rootAfterWrite } from "./after-write.ts";
import type { CommandTo } from "./command-to.ts";
import { Ending } from "./execution.ts";
import { decideTogether, planOf, type Target } from "./together.ts";

/**
 * Carry out commands of any aggregates in one transaction: what all of them decide is stored, or
 * nothing. They are decided in the order given, several of one aggregate each on what those before
 * have decided; after a conflict all of them again. A rejection, or a decision for no events, counts
 * only on the leader's last commits. Conflicts and unknown outcomes are tried again until the budget
 * is over.
 *
 * @param metadata - of every commit, below what its commands bring along
 * @throws {@link RejectedError} of the first command that is rejected; nothing was stored
 * @throws {@link ConflictError} when the budget ended in a conflict; nothing was stored
 * @throws {@link UnknownOutcomeError} when it ended without an answer
 * @throws what a `process` threw that is no rejection, as it is; nothing was stored
 * @throws as `read` and `Publish.transact` otherwise
 */
export async function executeTogether(
  store: EventStore,
  commands: readonly CommandTo[],
  metadata: Metadata,
  budgetMs: number = defaultBudgetMs,
): Promise<void> {
  const deadline = deadlineIn(budgetMs);
  const ending = new Ending(deadline, undefined);
  const plan = planOf(commands, metadata, ending);
  try {
    let fresh = false;
    for (let attempt = 0; ; attempt++) {
      const targets = await decideTogether(store, plan, fresh).catch(unlessStale(fresh));
      if (targets === undefined || (!fresh && targets.some(isEmpty))) {
        fresh = true;
        continue;
      }
      try {
        return await append(store, targets, Math.max(1, Math.ceil(deadline.leftMs())));
      } catch (error) {
        if (!isJetfoldError(error, "conflict") || deadline.leftMs() <= 0) throw error;
        await backOff(attempt, deadline, undefined, rivalPace);
        fresh = true;
      }
    }
  } finally {
    ending.end();
  }
}

/** A no on roots that may be stale is no answer yet. */
function unlessStale(fresh: boolean): (error: unknown) => undefined {
  return (error) => {
    if (fresh || !isJetfoldError(error, "rejected")) throw error;
    return undefined;
  };
}

function isEmpty({ events }: Target): boolean {
  return events.length === 0;
}

async function append(
  store: EventStore,
  targets: readonly Target[],
  budgetMs: number,
): Promise<void> {
  const changed = targets.filter((target) => !isEmpty(target));
  if (changed.length === 0) return;
  const commits = changed.map(({ aggregate, root, events, metadata }) => {
    return { family: aggregate.events, id: root.id, expect: root.head, events, metadata };
  });
  const asOfMs = performance.now();
  const published = await store.transact(commits, { budgetMs });
  for (const [i, { aggregate, root, state }] of changed.entries()) {
    rootAfterWrite(store, aggregate, root, state, published[i]!, asOfMs);
  }
}
