import type { Sequence } from "../../event/index.ts";
import { forgottenAt } from "../checkpoints/forgotten.ts";
import type { Found } from "../checkpoints/look-up.ts";
import { type ParkedCommit, placeOf, waitingAfter } from "../parking/parked.ts";
import type { Projection } from "../projection.ts";
import { type Job, throughOutages } from "./job.ts";
import type { Ledger } from "./ledger.ts";

/**
 * The side effects of the version that is active, or is to be at once, begin where its checkpoint says;
 * without that, where the registry says.
 * @param anew - it has run before, and its effects are done at or below this sequence
 */
export async function beginEffects<Tx>(
  job: Job<Tx>,
  { resumed: { at }, active }: Found<Tx>,
  anew: Sequence | undefined,
): Promise<void> {
  const { projection, ledger } = job;
  if (projection.effect === undefined) return;
  // It was built beside a version that was active then, and has been forgotten since.
  const inPlace = at !== undefined && at.effects === undefined && !active;
  const forgotten = inPlace ? await forgottenBefore(job) : undefined;
  if (inPlace && forgotten === undefined) warnOfUnknown(job);
  const done = at?.effects ?? forgotten ?? anew ?? ledger.sequence;
  const last = at?.lastEffect ?? (forgotten === undefined ? at?.lastCommit : undefined);
  ledger.beginEffects(done, last);
}

function forgottenBefore<Tx>(job: Job<Tx>): Promise<Sequence | undefined> {
  const { store, projection, home } = job;
  const { name } = projection;
  return throughOutages(job, () => forgottenAt(store.projections, { name, home }));
}

function warnOfUnknown<Tx>({ store, projection: { name, version }, ledger }: Job<Tx>): void {
  const what = `its side effects up to ${ledger.sequence} are taken for done`;
  const message = `projection "${name}" version ${version} becomes active where none is: ${what}`;
  store.onWarning({ code: "effects", message });
}

/**
 * What was set aside before a projection begins anew waits as a whole, with the side effects that it
 * has not had: those of all others begin where they had come to.
 */
export function stillOwed<Tx>(
  { effect }: Projection<never, Tx>,
  { lost, resumed }: Found<Tx>,
  { sequence }: Ledger,
): readonly ParkedCommit[] {
  if (lost === undefined || effect === undefined) return [];
  const place = ({ effects, ...one }: ParkedCommit) => effects ?? placeOf(one);
  return resumed.parked.map((one) => ({ ...waitingAfter(one, sequence), effects: place(one) }));
}
