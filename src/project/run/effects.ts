import type { Commit } from "../../event/index.ts";
import { persistently } from "./apply.ts";
import { HandlerFailure } from "./handler-failure.ts";
import { type Job, throughOutages } from "./job.ts";
import { handleSuspect } from "./suspects.ts";

/**
 * The side effects of one commit, which is in the read model.
 * @throws {@link HandlerFailure} when one fails as often as the policy says
 */
export async function effectsOf<Tx>(job: Job<Tx>, commit: Commit): Promise<void> {
  const { effectHand: hand } = job;
  const effects = async (failed?: HandlerFailure): Promise<boolean> => {
    hand.hold(commit.sequence, commit.sequence);
    await doAll(job, commit, failed);
    return true;
  };
  try {
    if (hand.suspicionOf(commit.sequence) === undefined) await effects();
    else await handleSuspect(job, hand, commit, effects);
  } finally {
    hand.release();
  }
}

async function doAll<Tx>(
  job: Job<Tx>,
  commit: Commit,
  failed: HandlerFailure | undefined,
): Promise<void> {
  const { projection } = job;
  for (const index of commit.envelopes.keys()) {
    const once = async (): Promise<void> => {
      job.assertHeld();
      const envelope = commit.asStored().envelopes[index]!;
      const effect = async () => projection.effect!(envelope as never, { signal: job.signal });
      try {
        await job.status.busy.awaited(effect(), envelope);
      } catch (cause) {
        job.signal.throwIfAborted();
        throw new HandlerFailure(cause, envelope);
      }
    };
    await persistently(job, commit, () => throughOutages(job, once), failed);
  }
}

/**
 * Do the side effects of everything at or below the position that were not done, in order, and note
 * how far they are. Only where this version does any.
 * @param handled - the commits that were handled last, if nothing was left from before them
 */
export async function doEffects<Tx>(job: Job<Tx>, handled?: readonly Commit[]): Promise<void> {
  const { ledger, aside, keeper } = job;
  const done = ledger.effects;
  if (done === undefined || !ledger.owesEffects) return;
  for await (const commit of handled ?? left(job)) {
    // An outage of what is read here ends its subscription; nobody else says that it is over.
    if (handled === undefined) job.status.goesOn();
    // What a retry has to do, it does.
    if (commit.sequence <= done || aside.holdsEffects(commit, commit.sequence)) continue;
    await effectsOf(job, commit);
    ledger.effectsDone(commit.sequence, commit);
    keeper.note();
  }
  ledger.effectsDone(ledger.sequence);
  keeper.note();
}

/** What was handled before: by a run that was interrupted, or while this version was built. */
function left<Tx>({ projection, ledger, store, signal }: Job<Tx>): AsyncIterable<Commit> {
  const { poison = "skip" } = projection;
  const options = { after: ledger.effects!, until: ledger.sequence, signal, poison };
  return store.replay(projection.events, options).commits();
}
