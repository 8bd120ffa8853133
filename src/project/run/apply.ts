import type { Commit } from "../../event/index.ts";
import { backOff, deadlineIn } from "../../event/backend/index.ts";
import { storedText, type ParkedCommit } from "../parking/parked.ts";
import type { Batch } from "./batches.ts";
import { carryOut } from "./carry-out.ts";
import type { HandledSoFar } from "./commit-handler.ts";
import { type FailedAt, HandlerFailure, isLasting } from "./handler-failure.ts";
import { type Job, throughOutages } from "./job.ts";
import { handleSuspect } from "./suspects.ts";

/**
 * Bring a batch into the read model, and its last commit into the checkpoint: together where there
 * is a transaction. What fails is tried again, then commit by commit, then set aside or thrown.
 * @returns the commits that were handled; of the others' aggregates something is parked
 * @throws {@link HandlerFailure} when the policy is to stop; as `ResumedCheckpoint.write`
 */
export async function apply<Tx>(job: Job<Tx>, { commits }: Batch): Promise<Commit[]> {
  const { aside } = job;
  const wanted =
    aside.size === 0 ? commits : commits.filter((commit) => !aside.holds(commit, commit.sequence));
  const handled: Commit[] = [];
  for (let rest = wanted; rest.length > 0;) {
    const next = rest.findIndex(({ sequence }) => job.hand.suspicionOf(sequence) !== undefined);
    const sound = next === -1 ? rest : rest.slice(0, next);
    if (sound.length > 0) handled.push(...(await together(job, sound)));
    const suspect = rest[sound.length];
    rest = rest.slice(sound.length + 1);
    if (suspect !== undefined && (await applySuspect(job, suspect))) handled.push(suspect);
  }
  return handled;
}

/** A commit that may have ended the thread before. */
async function applySuspect<Tx>(job: Job<Tx>, commit: Commit): Promise<boolean> {
  if (job.aside.holds(commit, commit.sequence)) return false;
  const once = { commits: 0, events: 0 };
  return handleSuspect(job, job.hand, commit, (failed) => applyOne(job, commit, once, failed));
}

async function together<Tx>(job: Job<Tx>, given: readonly Commit[]): Promise<Commit[]> {
  // Something before them may have been set aside by now.
  const commits = given.filter((commit) => !job.aside.holds(commit, commit.sequence));
  if (commits.length === 0) return [];
  const progress = { commits: 0, events: 0 };
  try {
    await attempt(job, commits, progress);
    return [...commits];
  } catch (error) {
    if (!(error instanceof HandlerFailure)) throw error;
    if (!job.transactional) return oneByOne(job, commits, progress, error);
    // All of it was rolled back; and of several nobody knows which one it was.
    const failed = commits.length === 1 ? error : undefined;
    return oneByOne(job, commits, { commits: 0, events: 0 }, failed);
  }
}

/**
 * From `progress` on, where what was done is not rolled back.
 * @param failed - what the first of them has failed with
 */
async function oneByOne<Tx>(
  job: Job<Tx>,
  commits: readonly Commit[],
  progress: HandledSoFar,
  failed: HandlerFailure | undefined,
): Promise<Commit[]> {
  const first = progress.commits;
  const handled = commits.slice(0, first);
  for (let i = first; i < commits.length; i++) {
    const commit = commits[i]!;
    if (job.aside.holds(commit, commit.sequence)) continue;
    const own = { commits: 0, events: i === first ? progress.events : 0 };
    if (await applyOne(job, commit, own, i === first ? failed : undefined)) {
      handled.push(commit);
    }
  }
  return handled;
}

/** @returns whether it was handled; if not, it is parked */
async function applyOne<Tx>(
  job: Job<Tx>,
  commit: Commit,
  progress: HandledSoFar,
  failed: HandlerFailure | undefined,
): Promise<boolean> {
  try {
    const once = () => attempt(job, [commit], progress);
    await persistently(job, commit, once, failed);
    return true;
  } catch (error) {
    const parks = job.projection.onError?.policy === "park";
    if (!(error instanceof HandlerFailure) || !parks) throw error;
    await park(job, parkedAt(commit, error));
    return false;
  }
}

/**
 * Try as often as the policy says.
 * @param failed - what it has failed with already, and how often: once, where that is not said
 * @throws {@link HandlerFailure} of the last attempt
 */
export async function persistently<Tx>(
  { projection, status, signal }: Job<Tx>,
  at: FailedAt,
  once: () => Promise<void>,
  failed?: HandlerFailure,
): Promise<void> {
  const { retries = 5, firstMs = 100, longestMs = 10_000 } = projection.onError ?? {};
  let failure = failed;
  // A thread that was started again has waited by that.
  let waits = !failed?.attempts;
  for (let attempts = failed === undefined ? 0 : Math.max(1, failed.attempts); ; attempts++) {
    if (failure !== undefined) {
      failure.at = at;
      failure.attempts = attempts;
      if (attempts > retries || isLasting(failure.cause)) throw failure;
      if (waits) {
        status.hindered("retrying", failure.cause);
        await backOff(attempts - 1, deadlineIn(Infinity), signal, { firstMs, longestMs });
      }
      waits = true;
    }
    try {
      await once();
      if (attempts > 0) status.goesOn();
      return;
    } catch (error) {
      if (!(error instanceof HandlerFailure)) throw error;
      failure = error;
    }
  }
}

/** One attempt at some commits; outages are waited for and do not count. */
async function attempt<Tx>(
  job: Job<Tx>,
  commits: readonly Commit[],
  progress: HandledSoFar,
): Promise<void> {
  const { keeper, ledger, transactional, projection } = job;
  const last = commits.at(-1)!;
  job.assertHeld();
  const counted = !transactional && projection.project !== undefined;
  const work = (tx: Tx): Promise<void> => handle(job, commits, tx, progress);
  const step = { work, checkpoint: () => ledger.checkpoint(last.sequence, last) };
  try {
    if (transactional) await carryOut(job, step);
    else await throughOutages(job, () => work(undefined as Tx));
  } finally {
    job.hand.release();
  }
  job.handler.settle();
  ledger.advance(last.sequence, last, counted ? 0 : commits.length);
  if (!transactional) keeper.note();
}

/**
 * The handler's work; where a failure rolls it back, it begins anew each time. Each attempt is given
 * the events as they are stored.
 */
export async function handle<Tx>(
  { handler, transactional, ledger, keeper, signal }: Job<Tx>,
  commits: readonly Commit[],
  tx: Tx,
  progress: HandledSoFar,
): Promise<void> {
  if (transactional) {
    handler.undo();
    progress.commits = 0;
    progress.events = 0;
  }
  // Of many slow ones each counts when it is done, and none is begun after it was told to stop.
  const done = (commit: Commit): void => {
    ledger.advance(commit.sequence, commit, 1);
    keeper.note();
    signal.throwIfAborted();
  };
  const given = commits.map((commit) => commit.asStored());
  try {
    await handler.handle(given, tx, progress, transactional ? undefined : done);
  } catch (cause) {
    // What it was told to leave is not its failure.
    signal.throwIfAborted();
    throw new HandlerFailure(cause, handler.current, transactional ? 0 : progress.events);
  }
}

/** Set a commit aside, before the position moves past it. */
export async function park<Tx>(job: Job<Tx>, parked: ParkedCommit): Promise<void> {
  const { aside, ledger, handler, store, projection, transactional } = job;
  aside.assertRoomFor(parked, parked.error);
  if (transactional) handler.undo();
  const before = aside.get(parked);
  // The checkpoint counts it.
  aside.put(parked);
  try {
    await carryOut(job, { park: [parked], checkpoint: () => ledger.checkpoint() });
  } catch (cause) {
    if (before === undefined) aside.release(parked);
    else aside.put(before);
    throw cause;
  }
  const { family, id, sequence, error } = parked;
  const message = `projection "${projection.name}" parked ${family} "${id}" at ${sequence}: ${error}`;
  store.onWarning({ code: "parked", message });
  job.status.goesOn();
}

/** What is set aside of a commit that failed. */
export function parkedAt(
  { family, id, sequence, commitId, lastRevision }: FailedAt,
  { cause, attempts, handled }: HandlerFailure,
): ParkedCommit {
  const at = { family, id, sequence, ...(commitId !== undefined && { commitId }) };
  const revision = lastRevision === undefined ? {} : { revision: lastRevision };
  return {
    ...at,
    ...revision,
    handled,
    error: storedText(cause),
    attempts,
    parkedAtMs: Date.now(),
  };
}
