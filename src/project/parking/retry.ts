import {
  type AggregateRef,
  CheckpointError,
  type Commit,
  isJetfoldError,
  type Selectable,
  type Sequence,
} from "../../event/index.ts";
import { selectorOf } from "../../event/backend/index.ts";
import type { Step } from "../checkpoints/checkpoint.ts";
import { handle, parkedAt } from "../run/apply.ts";
import { carryOut } from "../run/carry-out.ts";
import { effectsOf } from "../run/effects.ts";
import { causeOf, HandlerFailure, isLasting } from "../run/handler-failure.ts";
import type { Job } from "../run/job.ts";
import { owesEffects, type ParkedCommit, storedText } from "./parked.ts";

/** What is done with what comes first in an entry, before what is held back behind it. */
export type Resolution = "retry" | "discard";

/**
 * Bring an aggregate that has something set aside up to the position: do the side effects it owes,
 * then handle the parked commit, or leave out what comes first of these, and then the commits that
 * are held back behind it, in order, each in a transaction of its own where there are any, and each
 * before its side effects. They are read from the store again, so today's upcasters and handlers see
 * them. Not while anything else is handled.
 * @returns the entry that remains, when one failed again
 */
export async function resolve<Tx>(
  job: Job<Tx>,
  parked: ParkedCommit,
  resolution: Resolution,
): Promise<ParkedCommit | undefined> {
  const retry = new Retry(job, resolution === "discard" ? withoutFirst(parked) : parked);
  try {
    await retry.finish();
    return undefined;
  } catch (error) {
    if (!(error instanceof HandlerFailure) && !isLasting(error)) throw error;
    const failed = failedAgain(retry.entry, error);
    await write(job, { park: [failed] });
    job.aside.put(failed);
    return failed;
  }
}

/**
 * Do the side effects that are owed since a retry was interrupted, or another version could not do
 * them, and finish what was begun there.
 * @throws {@link HandlerFailure} when the policy is to stop
 */
export async function doOwed<Tx>(job: Job<Tx>): Promise<void> {
  const parks = job.projection.onError?.policy === "park";
  for (const entry of job.aside.list()) {
    if (!owesEffects(entry)) continue;
    if (parks) await resolve(job, entry, "retry");
    else await new Retry(job, entry).finish();
  }
}

/** An entry on its way to the position: what waits, and what waits for its side effects. */
class Retry<Tx> {
  readonly #job: Job<Tx>;
  #entry: ParkedCommit;

  constructor(job: Job<Tx>, entry: ParkedCommit) {
    this.#job = job;
    this.#entry = entry;
  }

  /** As far as it has come. */
  get entry(): ParkedCommit {
    return this.#entry;
  }

  async finish(): Promise<void> {
    const { job, entry } = { job: this.#job, entry: this.#entry };
    if (job.ledger.effects !== undefined && owesEffects(entry)) {
      const owing = heldBack(job, entry, entry.effects!.sequence, entry.sequence - 1);
      for await (const commit of owing) await this.#doEffects(commit);
      this.#effectsDone(entry.sequence - 1);
    }
    let first = entry.handled;
    for await (const commit of heldBack(job, entry, entry.sequence, job.ledger.sequence)) {
      await this.#handle(commit, first);
      first = 0;
      if (owesEffects(this.#entry)) await this.#doEffects(commit);
    }
    await write(job, { release: [this.#entry] });
    job.aside.release(this.#entry);
  }

  /** One commit, and the entry as it is when that is handled. */
  async #handle(commit: Commit, events: number): Promise<void> {
    const job = this.#job;
    const progress = { commits: 0, events };
    const work = (tx: Tx): Promise<void> => handle(job, [commit], tx, progress);
    const entry = behind(this.#entry, commit, job.ledger.effects !== undefined);
    try {
      await write(job, { work, park: [entry] });
    } catch (error) {
      if (error instanceof HandlerFailure) error.at = commit;
      throw error;
    } finally {
      job.hand.release();
    }
    job.handler.settle();
    this.#put(entry);
  }

  async #doEffects(commit: Commit): Promise<void> {
    const { sequence, commitId, lastRevision: revision } = commit;
    this.#put({ ...this.#entry, effects: { sequence, commitId, revision } });
    await effectsOf(this.#job, commit);
    this.#effectsDone(sequence);
  }

  #effectsDone(sequence: Sequence): void {
    const { effects: _, ...rest } = this.#entry;
    const left = sequence + 1 < rest.sequence;
    this.#put(left ? { ...rest, effects: { sequence: sequence + 1 } } : rest);
  }

  #put(entry: ParkedCommit): void {
    this.#entry = entry;
    this.#job.aside.put(entry);
  }
}

/** The commits of its aggregate from one sequence to another, both inclusive. */
async function* heldBack<Tx>(
  job: Job<Tx>,
  entry: ParkedCommit,
  first: Sequence,
  until: Sequence,
): AsyncGenerator<Commit, void, undefined> {
  if (until < first) return;
  const { store, projection, signal } = job;
  const selection = selectionOf(projection.events, entry);
  const { poison } = projection;
  const after = (await isUnproved(job, selection, entry, first)) ? 0 : first - 1;
  const options = { after, until, signal, ...(poison && { poison }) };
  for await (const commit of store.replay(selection, options).commits()) {
    if (commit.sequence >= first) yield commit;
  }
}

/**
 * What was set aside as no commit of its aggregate may be sound by itself: that it does not follow the
 * one before is seen by who has read that.
 */
async function isUnproved<Tx>(
  { store, signal }: Job<Tx>,
  selection: Selectable,
  entry: ParkedCommit,
  first: Sequence,
): Promise<boolean> {
  if (entry.commitId !== undefined || entry.sequence !== first) return false;
  try {
    return (await store.at(selection, first, { signal })) !== undefined;
  } catch (error) {
    if (isJetfoldError(error, "poison") || isJetfoldError(error, "corrupt")) return false;
    throw error;
  }
}

function write<Tx>(job: Job<Tx>, changes: Omit<Step<Tx>, "checkpoint">): Promise<void> {
  return carryOut(job, { ...changes, checkpoint: () => job.ledger.checkpoint() });
}

/** What waits once a commit is handled. */
function behind(entry: ParkedCommit, commit: Commit, withEffects: boolean): ParkedCommit {
  const { commitId: _, effects, ...rest } = entry;
  const { sequence, commitId, lastRevision: revision } = commit;
  const next = { ...rest, sequence: sequence + 1, revision, handled: 0 };
  if (!withEffects) return next;
  const done = effects !== undefined && effects.sequence > sequence;
  return { ...next, effects: done ? effects : { sequence, commitId, revision } };
}

/** Without the first of what it owes, or without the parked commit. */
function withoutFirst(entry: ParkedCommit): ParkedCommit {
  const { commitId: _, effects, ...rest } = entry;
  if (owesEffects(entry)) return { ...entry, effects: { sequence: effects!.sequence + 1 } };
  return { ...rest, sequence: rest.sequence + 1, handled: 0, ...(effects && { effects }) };
}

function failedAgain(entry: ParkedCommit, error: unknown): ParkedCommit {
  const attempts = entry.attempts + 1;
  const cause = causeOf(error);
  const ofEffect = owesEffects(entry);
  if (ofEffect || !(error instanceof HandlerFailure) || error.at === undefined) {
    return { ...entry, error: storedText(cause), attempts };
  }
  const { effects, parkedAtMs } = entry;
  const at = parkedAt(error.at, error);
  return { ...at, attempts, parkedAtMs, ...(effects && { effects }) };
}

/** What the projection selects of one aggregate. */
function selectionOf(events: Selectable, { family, id }: AggregateRef): Selectable {
  const parts = selectorOf(events).families.get(family) ?? [];
  const own = parts.filter((part) => part.id === undefined || part.id === id);
  if (own.length === 0)
    throw new CheckpointError(`${family} "${id}" is parked, and its family is no longer selected`);
  return own.map((part) => ({ parts: [{ ...part, id }] }));
}
