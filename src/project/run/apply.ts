import type { AggregateRef, Commit, Sequence } from "../../event/index.ts";
import { backOff, deadlineIn } from "../../event/backend/index.ts";
import { errorText, type ParkedCommit } from "../parking/parked.ts";
import type { Batch } from "./batches.ts";
import type { Progress } from "./commit-handler.ts";
import { HandlerFailure, isLasting } from "./handler-failure.ts";
import { type Job, throughOutages } from "./job.ts";

/**
 * Bring a batch into the read model, and its position into the checkpoint: together where there is
 * a transaction. What fails is tried again, then commit by commit, then set aside or thrown.
 * @returns the commits that were handled; of the others' aggregates something is parked
 * @throws {@link HandlerFailure} when the policy is to stop; as `ResumedCheckpoint.write`
 */
export async function apply<Tx>(job: Job<Tx>, { commits, sequence }: Batch): Promise<Commit[]> {
  const { aside } = job;
  const wanted =
    aside.size === 0 ? commits : commits.filter((commit) => !aside.holds(commit, commit.sequence));
  if (wanted.length === 0) return [];
  const progress = { commits: 0, events: 0 };
  if (wanted.length > 1) {
    try {
      await attempt(job, wanted, sequence, progress);
      return [...wanted];
    } catch (error) {
      if (!(error instanceof HandlerFailure)) throw error;
    }
  }
  return oneByOne(job, wanted, sequence, progress);
}

/** From `progress` on, where what was done is not rolled back. */
async function oneByOne<Tx>(
  job: Job<Tx>,
  commits: readonly Commit[],
  sequence: Sequence,
  progress: Progress,
): Promise<Commit[]> {
  const handled = commits.slice(0, progress.commits);
  for (let i = progress.commits; i < commits.length; i++) {
    const commit = commits[i]!;
    if (job.aside.holds(commit, commit.sequence)) continue;
    const upTo = i === commits.length - 1 ? sequence : commit.sequence;
    const events = i === handled.length ? progress.events : 0;
    if (await applyOne(job, commit, upTo, { commits: 0, events })) handled.push(commit);
  }
  return handled;
}

/** @returns whether it was handled; if not, it is parked */
async function applyOne<Tx>(
  job: Job<Tx>,
  commit: Commit,
  upTo: Sequence,
  progress: Progress,
): Promise<boolean> {
  try {
    await persistently(job, commit, () => attempt(job, [commit], upTo, progress));
    return true;
  } catch (error) {
    const parks = job.projection.onError?.then === "park";
    if (!(error instanceof HandlerFailure) || !parks) throw error;
    await park(job, parkedAt(commit, progress.events, error));
    return false;
  }
}

/**
 * Try as often as the policy says.
 * @throws {@link HandlerFailure} of the last attempt
 */
export async function persistently<Tx>(
  { projection, status, signal }: Job<Tx>,
  at: AggregateRef & { readonly sequence: Sequence },
  once: () => Promise<void>,
): Promise<void> {
  const { retries = 5, firstMs = 100, longestMs = 10_000 } = projection.onError ?? {};
  for (let attempts = 1; ; attempts++) {
    try {
      await once();
      if (attempts > 1) status.goesOn();
      return;
    } catch (error) {
      if (!(error instanceof HandlerFailure)) throw error;
      error.at = { family: at.family, id: at.id, sequence: at.sequence };
      error.attempts = attempts;
      if (attempts > retries || isLasting(error.cause)) throw error;
      status.hindered("retrying", error.cause);
      await backOff(attempts - 1, deadlineIn(Infinity), signal, { firstMs, longestMs });
    }
  }
}

/** One attempt at some commits; outages are waited for and do not count. */
async function attempt<Tx>(
  job: Job<Tx>,
  commits: readonly Commit[],
  sequence: Sequence,
  progress: Progress,
): Promise<void> {
  const { keeper, ledger, transactional } = job;
  const last = commits.at(-1)!;
  const work = (tx: Tx): Promise<void> => handle(job, commits, tx, progress);
  const step = { work, checkpoint: () => ledger.checkpoint(sequence, last) };
  await throughOutages(job, () => (transactional ? keeper.write(step) : work(undefined as Tx)));
  job.handler.settle();
  ledger.advance(sequence, last);
  if (!transactional) keeper.note(ledger.checkpoint());
}

/** The handler's work; where a failure rolls it back, it begins anew each time. */
export async function handle<Tx>(
  { handler, transactional }: Job<Tx>,
  commits: readonly Commit[],
  tx: Tx,
  progress: Progress,
): Promise<void> {
  if (transactional) {
    handler.undo();
    progress.commits = 0;
    progress.events = 0;
  }
  try {
    await handler.handle(commits, tx, progress);
  } catch (cause) {
    if (transactional) progress.events = 0;
    throw new HandlerFailure(cause, handler.current);
  }
}

/** Set a commit aside, before the position moves past it. */
export async function park<Tx>(job: Job<Tx>, parked: ParkedCommit): Promise<void> {
  const { aside, keeper, ledger, handler, store, projection, transactional } = job;
  aside.assertRoomFor(parked, parked.error);
  if (transactional) handler.undo();
  aside.put(parked);
  const step = { park: [parked], checkpoint: () => ledger.checkpoint() };
  await throughOutages(job, () => keeper.write(step));
  const { family, id, sequence, error } = parked;
  const message = `projection "${projection.name}" parked ${family} "${id}" at ${sequence}: ${error}`;
  store.onWarning({ code: "parked", message });
  job.status.goesOn();
}

/** What is set aside of a commit that failed. */
export function parkedAt(
  { family, id, sequence }: AggregateRef & { readonly sequence: Sequence },
  handled: number,
  { cause, attempts }: HandlerFailure,
): ParkedCommit {
  const error = errorText(cause);
  return { family, id, sequence, handled, error, attempts, parkedAtMs: Date.now() };
}
