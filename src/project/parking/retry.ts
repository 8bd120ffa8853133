import {
  type AggregateRef,
  type Commit,
  InvalidInputError,
  type Selectable,
} from "../../event/index.ts";
import { selectorOf } from "../../event/backend/index.ts";
import type { Step } from "../checkpoints/checkpoint.ts";
import { handle, parkedAt } from "../run/apply.ts";
import { carryOut } from "../run/carry-out.ts";
import { doEffects } from "../run/effects.ts";
import { HandlerFailure, isLasting } from "../run/handler-failure.ts";
import type { Job } from "../run/job.ts";
import { storedText, type ParkedCommit } from "./parked.ts";

/** What is done with the parked commit itself, before those that are held back behind it. */
export type Resolution = "retry" | "discard";

/**
 * Handle an aggregate's parked commit, or leave it out, and then those that are held back behind
 * it, in order, each in a transaction of its own where there are any. They are read from the store
 * again, so today's upcasters and handlers see them. Not while anything else is handled.
 * @returns the entry that remains, when one failed again
 */
export async function resolve<Tx>(
  job: Job<Tx>,
  parked: ParkedCommit,
  resolution: Resolution,
): Promise<ParkedCommit | undefined> {
  let entry = parked;
  try {
    for await (const commit of heldBack(job, parked, resolution)) {
      const first = commit.sequence === parked.sequence;
      await take(job, commit, first ? parked.handled : 0, (entry = behind(entry, commit)));
    }
  } catch (error) {
    if (!(error instanceof HandlerFailure) && !isLasting(error)) throw error;
    const failed = failedAgain(job, parked, error);
    await write(job, { park: [failed] });
    job.aside.put(failed);
    return failed;
  }
  await write(job, { release: entry });
  job.aside.release(entry);
  return undefined;
}

/** The parked commit and those held back behind it; without it when it is discarded. */
async function* heldBack<Tx>(
  { store, projection, ledger, signal }: Job<Tx>,
  { family, id, sequence }: ParkedCommit,
  resolution: Resolution,
): AsyncGenerator<Commit, void, undefined> {
  const after = resolution === "discard" ? sequence : sequence - 1;
  if (ledger.sequence <= after) return;
  const selection = selectionOf(projection.events, { family, id });
  const { poison } = projection;
  const options = { after, until: ledger.sequence, signal, ...(poison && { poison }) };
  yield* store.replay(selection, options).commits();
}

/** One commit, and the entry as it is when that is handled. */
async function take<Tx>(
  job: Job<Tx>,
  commit: Commit,
  events: number,
  entry: ParkedCommit,
): Promise<void> {
  const progress = { commits: 0, events };
  const work = (tx: Tx): Promise<void> => handle(job, [commit], tx, progress);
  try {
    await write(job, { work, park: [entry] });
  } catch (error) {
    if (error instanceof HandlerFailure) error.at = commit;
    throw error;
  }
  job.handler.settle();
  job.aside.put(entry);
  if (job.ledger.effects !== undefined) await doEffects(job, [commit], job.ledger.effects);
}

function write<Tx>(job: Job<Tx>, changes: Omit<Step<Tx>, "checkpoint">): Promise<void> {
  return carryOut(job, { ...changes, checkpoint: () => job.ledger.checkpoint() });
}

/** What waits once a commit is handled. */
function behind(entry: ParkedCommit, { sequence }: Commit): ParkedCommit {
  const { commitId: _, revision: __, ...rest } = entry;
  return { ...rest, sequence: sequence + 1, handled: 0 };
}

function failedAgain<Tx>({ aside }: Job<Tx>, parked: ParkedCommit, error: unknown): ParkedCommit {
  const now = aside.get(parked) ?? parked;
  const attempts = now.attempts + 1;
  if (!(error instanceof HandlerFailure) || error.at === undefined) {
    return { ...now, error: storedText(error), attempts };
  }
  return { ...parkedAt(error.at, error), attempts, parkedAtMs: now.parkedAtMs };
}

/** What the projection selects of one aggregate. */
function selectionOf(events: Selectable, { family, id }: AggregateRef): Selectable {
  const parts = selectorOf(events).families.get(family) ?? [];
  const own = parts.filter((part) => part.id === undefined || part.id === id);
  if (own.length === 0) throw new InvalidInputError("family", "must be one it selects", family);
  return own.map((part) => ({ parts: [{ ...part, id }] }));
}
