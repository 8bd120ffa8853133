import {
  type Commit,
  type DomainEvent,
  type EventStore,
  type Family,
  type Head,
  TruncatedError,
} from "../event/index.ts";
import { backOff, deadlineIn } from "../event/backend/index.ts";

/** What is known of an aggregate: by a root in memory, or a snapshot. */
interface Known {
  readonly id: string;
  readonly head: Head;
}

/** Does an aggregate's last commit lie at or after a head that is known? Revisions never go back. */
export function reaches<Event extends DomainEvent>(
  last: Commit<Event> | undefined,
  { sequence, revision, checksum }: Head,
): last is Commit<Event> {
  if (last === undefined || last.sequence < sequence) return false;
  if (last.sequence === sequence) return last.frame.checksum === checksum;
  return last.lastRevision >= revision;
}

/**
 * The last commit as the leader shows it, once that is at or after a head that is known.
 * @throws {@link TruncatedError} when the leader goes on showing less: what was known is gone
 */
export async function lastFrom<Event extends DomainEvent>(
  store: Pick<EventStore, "last" | "doubtMs">,
  family: Family<Event>,
  { id, head }: Known,
  signal: AbortSignal | undefined,
): Promise<Commit<Event>> {
  const patience = deadlineIn(store.doubtMs ?? 0);
  for (let attempt = 0; ; attempt++) {
    const patient = patience.leftMs() > 0;
    const last = await store.last(family, id, { fresh: "leader", ...(signal && { signal }) });
    if (reaches(last, head)) return last;
    if (!patient) throw gone({ family: family.name, id }, head, last);
    await backOff(attempt, patience, signal);
  }
}

/**
 * Were the commits purged that a snapshot is of, in a store that goes as far? Where another commit
 * lies in its place, or the store ends before it, the snapshot is of no use: it is another
 * aggregate's, or of a stream that lost its end.
 */
export async function isPurged(
  store: Pick<EventStore, "stampAt" | "lastSequence">,
  { head: { sequence } }: Known,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const options = signal && { signal };
  if ((await store.stampAt(sequence, options)) !== undefined) return false;
  return ((await store.lastSequence?.(options)) ?? Infinity) >= sequence;
}

function gone(
  at: { readonly family: string; readonly id: string },
  { sequence, revision }: Head,
  last: Commit | undefined,
): TruncatedError {
  const now = last === undefined ? "nothing" : `revision ${last.lastRevision} at ${last.sequence}`;
  const detail =
    `its history up to revision ${revision} at sequence ${sequence} is gone, and the store shows ` +
    `${now} in its place; if it was deleted on purpose, call forgetAggregate`;
  return new TruncatedError(at, 0, detail);
}
