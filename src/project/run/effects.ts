import type { Commit, Sequence } from "../../event/index.ts";
import { asStored } from "./as-stored.ts";
import { persistently } from "./apply.ts";
import { HandlerFailure } from "./handler-failure.ts";
import { type Job, throughOutages } from "./job.ts";

/** Do the side effects of commits that are in the read model, in order, and note how far they are. */
export async function doEffects<Tx>(
  job: Job<Tx>,
  commits: readonly Commit[],
  upTo: Sequence,
): Promise<void> {
  const { projection, ledger, keeper, store } = job;
  if (projection.effect === undefined) return;
  for (const commit of commits) {
    for (const index of commit.envelopes.keys()) {
      await persistently(job, commit, () =>
        throughOutages(job, async () => {
          job.assertHeld();
          const [given] = await asStored(store, [commit]);
          const envelope = given!.envelopes[index]!;
          try {
            await projection.effect!(envelope as never);
          } catch (cause) {
            throw new HandlerFailure(cause, envelope);
          }
        }),
      );
    }
    if (commit.sequence > (ledger.effects ?? 0)) ledger.effectsDone(commit.sequence);
    keeper.note();
  }
  ledger.effectsDone(upTo);
  keeper.note();
}

/**
 * Do the side effects of what was handled before: by a run that was killed between the two, or
 * silently while this version was built.
 */
export async function catchUpEffects<Tx>(job: Job<Tx>): Promise<void> {
  const { projection, ledger, store, aside, signal } = job;
  if (projection.effect === undefined) return;
  const after = ledger.effects ?? 0;
  const until = ledger.sequence;
  if (after < until) {
    const { poison = "skip" } = projection;
    const options = { after, until, signal, poison };
    for await (const commit of store.replay(projection.events, options).commits()) {
      if (!aside.holds(commit, commit.sequence)) await doEffects(job, [commit], commit.sequence);
    }
  }
  ledger.effectsDone(until);
}
