import { CheckpointError, type Sequence } from "../../event/index.ts";
import { registeredAs } from "../../event/registry.ts";
import { keyOf } from "../aggregate-key.ts";
import type { LastCommit, VersionBefore } from "../checkpoints/checkpoint.ts";
import { missingParked } from "../checkpoints/lost.ts";
import { selects } from "../checkpoints/selected-by.ts";
import { waitingAfter, owesEffects, type ParkedCommit, placeOf } from "../parking/parked.ts";
import { type Job, throughOutages } from "../run/job.ts";

/**
 * Become the active version, once nothing that the active one has handled is missing here; queries
 * see either the old read model or the new one. From then on this version does the side effects,
 * from where the old one has stopped.
 * @returns whether it is active now
 */
export async function takeOver<Tx>(job: Job<Tx>): Promise<boolean> {
  const { projection, keeper, ledger, aside, store, signal } = job;
  const activate = async (tx: Tx): Promise<void> => void (await projection.activate?.(tx));
  const work = (tx: Tx) => job.status.busy.awaited(activate(tx));
  let park: readonly ParkedCommit[] = [];
  const takeOn = async (before: VersionBefore | undefined) => {
    park = await effectsTakenOn(job, before);
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
async function effectsTakenOn<Tx>(
  job: Job<Tx>,
  before: VersionBefore | undefined,
): Promise<readonly ParkedCommit[]> {
  const { projection, ledger, aside } = job;
  const { effect, events } = projection;
  if (effect === undefined) return [];
  const { done, last, theirs } = await leftBy(job, before);
  ledger.beginEffects(done, last);
  const taken = new Map(aside.list().map((own) => [keyOf(own), entryAfter(own, done)]));
  for (const one of theirs) {
    const owed = one.effects ?? placeOf(one);
    if (owed.sequence > done || !selects(events, one)) continue;
    const own = taken.get(keyOf(one)) ?? waitingAfter(one, ledger.sequence);
    if (owesEffects(own) && own.effects!.sequence <= owed.sequence) continue;
    taken.set(keyOf(one), { ...own, effects: owed });
  }
  return [...taken.values()].filter((one) => one.effects !== undefined);
}

/** Where the version before has stopped. */
interface Left {
  /** Its side effects are done at or below this sequence. */
  readonly done: Sequence;
  readonly last: LastCommit | undefined;
  /** Of what it has set aside they are not. */
  readonly theirs: readonly ParkedCommit[];
}

/** Out of its checkpoint; where that is lost, out of the registry, which is never ahead of it. */
async function leftBy<Tx>(job: Job<Tx>, before: VersionBefore | undefined): Promise<Left> {
  if (before === undefined) throw unknownBefore(job);
  const { checkpoint, parked, version } = before;
  const { store, home, projection } = job;
  if (checkpoint !== undefined) {
    if (missingParked(before) > 0) throw lostBefore(job, version, "something it has set aside");
    const { effects, sequence, lastEffect, lastCommit } = checkpoint;
    const theirs = effects === undefined ? [] : parked;
    return { done: effects ?? sequence, last: lastEffect ?? lastCommit, theirs };
  }
  const entry = await registeredAs(store.projections, { name: projection.name, version, home });
  if (entry === undefined) throw lostBefore(job, version, "its checkpoint");
  const there = new Set(parked.map(keyOf));
  if (!(entry.parked ?? []).every((key) => there.has(key))) {
    throw lostBefore(job, version, "its checkpoint, with something it has set aside,");
  }
  return { done: entry.position, last: undefined, theirs: parked };
}

function unknownBefore<Tx>({ projection: { name, version } }: Job<Tx>): CheckpointError {
  return new CheckpointError(
    `version ${version} of projection "${name}" can't take over: what says which version is the active ` +
      "one is lost. Start that one once more, and it is; or forget it (forgetProjection), and " +
      "start this one again: it goes on with the side effects where the registry says that one was",
  );
}

function lostBefore<Tx>(
  { projection: { name, version } }: Job<Tx>,
  active: number,
  what: string,
): CheckpointError {
  return new CheckpointError(
    `version ${version} of projection "${name}" can't take over: of version ${active}, the active one, ` +
      `${what} is lost, which says where the side effects are to go on. Restore it; or forget version ` +
      `${active} (forgetProjection), which gives up what it has set aside, and start this one again: ` +
      "it goes on with the side effects where the registry says that one was",
  );
}

/** What is set aside here, where the side effects up to a sequence are done. */
function entryAfter(own: ParkedCommit, done: Sequence): ParkedCommit {
  // Left by an attempt that was interrupted.
  if (owesEffects(own)) return own;
  const { effects: _, ...rest } = own;
  return done < own.sequence ? rest : { ...rest, effects: { sequence: done + 1 } };
}
