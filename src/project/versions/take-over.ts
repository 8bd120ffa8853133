import { CheckpointError, type Sequence } from "../../event/index.ts";
import { keyOf } from "../aggregate-key.ts";
import type { VersionBefore } from "../checkpoints/checkpoint.ts";
import { missingParked } from "../checkpoints/lost.ts";
import { selects } from "../checkpoints/selected-by.ts";
import { owesEffects, type ParkedCommit, placeOf } from "../parking/parked.ts";
import { type Job, throughOutages } from "../run/job.ts";

/**
 * Become the active version, once nothing that the active one has handled is missing here; queries
 * see either the old read model or the new one. From then on this version does the side effects,
 * from where the old one has stopped.
 * @returns whether it is active now
 */
export async function takeOver<Tx>(job: Job<Tx>): Promise<boolean> {
  const { projection, keeper, ledger, aside, store, signal } = job;
  const work = async (tx: Tx): Promise<void> => void (await projection.activate?.(tx));
  let park: readonly ParkedCommit[] = [];
  const takeOn = (before: VersionBefore | undefined) => {
    park = effectsTakenOn(job, before);
    ledger.parked = aside.sizeAfter({ park });
    return park;
  };
  const step = { work, checkpoint: () => ledger.checkpoint(), takeOn };
  for (;;) {
    job.assertHeld();
    const activation = await throughOutages(job, () => keeper.activate(step));
    if (activation.kind === "active") {
      for (const one of park) aside.put(one);
      return true;
    }
    // The old version may be further only over what is not selected here.
    const end = await throughOutages(job, () => store.end(projection.events, { signal }));
    if (end > ledger.sequence) return false;
    ledger.advance(activation.sequence);
  }
}

/**
 * The ledger goes on with the side effects where the version before has stopped. What that has set
 * aside had none, nor has what is set aside here any that it has done.
 * @returns the entries as they are to be
 */
function effectsTakenOn<Tx>(
  { projection, ledger, aside }: Job<Tx>,
  before: VersionBefore | undefined,
): readonly ParkedCommit[] {
  const { name, version, effect, events } = projection;
  if (effect === undefined) return [];
  if (before === undefined || missingParked(before) > 0) {
    throw new CheckpointError(
      `version ${version} of projection "${name}" can't take over: the active one, its checkpoint or ` +
        "something it has set aside is lost, which says where its side effects are to go on. Start that one, with rebuild: true " +
        "if it has no checkpoint; or forget it (forgetProjection), and start this one again",
    );
  }
  const { effects, sequence, lastEffect, lastCommit } = before.checkpoint;
  const done = effects ?? sequence;
  ledger.beginEffects(done, lastEffect ?? lastCommit);
  const taken = new Map(aside.list().map((own) => [keyOf(own), entryAfter(own, done)]));
  const theirs = effects === undefined ? [] : before.parked;
  for (const one of theirs) {
    const owed = one.effects ?? placeOf(one);
    if (owed.sequence > done || !selects(events, one)) continue;
    const own = taken.get(keyOf(one)) ?? allHandled(one, ledger.sequence);
    if (owesEffects(own) && own.effects!.sequence <= owed.sequence) continue;
    taken.set(keyOf(one), { ...own, effects: owed });
  }
  return [...taken.values()].filter((one) => one.effects !== undefined);
}

/** What is set aside here, where the side effects up to a sequence are done. */
function entryAfter(own: ParkedCommit, done: Sequence): ParkedCommit {
  // Left by an attempt that was interrupted.
  if (owesEffects(own)) return own;
  const { effects: _, ...rest } = own;
  return done < own.sequence ? rest : { ...rest, effects: { sequence: done + 1 } };
}

/** Of what another version has set aside nothing waits here to be handled. */
function allHandled(theirs: ParkedCommit, sequence: Sequence): ParkedCommit {
  const { commitId: _, revision: __, effects: ___, ...rest } = theirs;
  return { ...rest, sequence: sequence + 1, handled: 0 };
}
