import { catchUpEffects } from "../run/effects.ts";
import { type Job, throughOutages } from "../run/job.ts";

/**
 * Become the active version, once nothing that the active one has handled is missing here; queries
 * see either the old read model or the new one. From then on this version does the side effects,
 * from where the old one has stopped.
 * @returns whether it is active now
 */
export async function takeOver<Tx>(job: Job<Tx>): Promise<boolean> {
  const { projection, keeper, ledger, status, store, signal } = job;
  const work = async (tx: Tx): Promise<void> => projection.activate?.(tx);
  const withEffects = projection.effect !== undefined;
  const step = { work, checkpoint: () => ledger.checkpoint(), withEffects };
  for (;;) {
    job.assertHeld();
    const activation = await throughOutages(job, () => keeper.activate(step));
    if (activation.kind === "active") {
      if (withEffects) ledger.effectsDone(activation.effects ?? ledger.sequence);
      await catchUpEffects(job);
      status.caughtUp();
      return true;
    }
    // The old version may be further only over what is not selected here.
    const end = await throughOutages(job, () => store.end(projection.events, { signal }));
    if (end > ledger.sequence) return false;
    ledger.advance(activation.sequence);
  }
}
