import {
  ConflictError,
  defaultBudgetMs,
  type EventStore,
  type Metadata,
  newId,
  type Published,
  RejectedError,
} from "../event/index.ts";
import { backOff, deadlineIn, rivalPace } from "../event/backend/index.ts";
import { afterWrite } from "./after-write.ts";
import { keepRoot } from "./cached.ts";
import type { CommandTo } from "./command-to.ts";
import { Ending } from "./execution.ts";
import { advance } from "./root.ts";
import { decideTogether, planOf, type Target } from "./together.ts";

/** How commands are carried out together. */
export interface TogetherOptions {
  /** Of every commit. */
  readonly metadata?: Metadata;
  /** How long, in milliseconds, conflicts and unknown outcomes are tried again. @default 15000 */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Carry out commands of any aggregates in one transaction: what all of them decide is stored, or
 * nothing. They are decided in the order given, several of one aggregate each on what those before
 * have decided; after a conflict all of them again. A rejection, or a decision for no events, counts
 * only on the leader's last commits.
 *
 * @throws {@link RejectedError} of the first command that is rejected; nothing was stored
 * @throws {@link ConflictError} when the budget ended in a conflict; nothing was stored
 * @throws {@link UnknownOutcomeError} when it ended without an answer
 * @throws as `read` and `Publish.transact` otherwise
 */
export async function executeTogether(
  store: EventStore,
  commands: readonly CommandTo[],
  { metadata = {}, budgetMs = defaultBudgetMs, signal }: TogetherOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  const deadline = deadlineIn(budgetMs);
  const ending = new Ending(deadline, signal);
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
        return await append(store, targets, Math.max(1, deadline.leftMs()), signal);
      } catch (error) {
        if (!(error instanceof ConflictError) || deadline.leftMs() <= 0) throw error;
        await backOff(attempt, deadline, signal, rivalPace);
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
    if (fresh || !(error instanceof RejectedError)) throw error;
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
  signal: AbortSignal | undefined,
): Promise<void> {
  const changed = targets.filter((target) => !isEmpty(target));
  if (changed.length === 0) return;
  const commits = changed.map(({ aggregate, root, events, metadata }) => {
    return { family: aggregate.events, id: root.id, expect: root.head, events, metadata };
  });
  const commitId = newId();
  const asOfMs = performance.now();
  const options = { commitId, budgetMs, ...(signal && { signal }) };
  const published = await store.transact(commits, options);
  for (const [i, target] of changed.entries()) keep(store, target, published[i]!, asOfMs);
}

function keep(
  store: EventStore,
  { aggregate, root, state }: Target,
  { head, commitId }: Published,
  asOfMs: number,
): void {
  const next = advance(root, { state, head, commitId, latestMs: undefined });
  keepRoot(store, aggregate, afterWrite(store, aggregate, root, next), asOfMs);
}
