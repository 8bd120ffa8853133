import { errorText } from "../event/error-text.ts";
import { type Aggregate, defineAggregate, snapshotAndTruncate } from "../aggregate/index.ts";
import { cachedRoot, keepRoot } from "../aggregate/cached.ts";
import { findOrNew } from "../aggregate/read.ts";
import {
  type AggregateRef,
  defineEvents,
  type EventStore,
  type Family,
  idOf,
  Rejection,
  type Revision,
} from "../event/index.ts";

/** A reactor has reacted to an aggregate's events up to and including a revision. */
export interface Reacted {
  readonly type: "Reacted";
  readonly reactor: string;
  readonly family: string;
  readonly id: string;
  readonly revision: Revision;
}

/** How far a reactor has come with one aggregate. */
export interface Done {
  readonly revision: Revision;
}

/** The event was reacted to before: thrown to keep its commands from being stored again. */
export class DoneBefore extends Rejection {
  constructor() {
    super("done-before");
  }
}

/** One aggregate for each reactor and aggregate it has reacted to; see {@link doneId}. */
export const doneEvents: Family<Reacted> = defineEvents<Reacted>()({
  name: "jetfold-reacted",
  types: { Reacted: {} },
});

/** What a reactor has done, as a commit beside its commands. */
export const done: Aggregate<Done, Reacted, Reacted> = defineAggregate({
  events: doneEvents,
  initial: (): Done => ({ revision: 0 }),
  process({ revision }: Done, reacted: Reacted): Reacted[] {
    if (reacted.revision <= revision) throw new DoneBefore();
    return [reacted];
  },
  apply: (_state, { revision }): Done => ({ revision }),
  upcastState: [],
  snapshots: false,
});

/** The id that a reactor's work on an aggregate is noted under. */
export function doneId(reactor: string, { family, id }: AggregateRef): string {
  return idOf(`${reactor}.${family}.${id}`);
}

/** Up to where it was reacted to, as far as memory or the leader knows. */
export async function doneUpTo(store: EventStore, id: string): Promise<Revision> {
  const known = cachedRoot(store, done, id)?.root;
  if (known !== undefined) return known.state.revision;
  const asOfMs = performance.now();
  const found = await findOrNew(store, done, id, { fresh: "leader" });
  return keepRoot(store, done, found, asOfMs).state.revision;
}

/** Have in memory, at the cost of one round trip, how far a reactor is with several aggregates. */
export async function lookUp(
  store: EventStore,
  reactor: string,
  aggregates: readonly AggregateRef[],
): Promise<void> {
  const ids = new Set(aggregates.map((aggregate) => doneId(reactor, aggregate)));
  await Promise.all([...ids].map((id) => doneUpTo(store, id)));
}

/** After so many notes of an aggregate they are cut: only the last one tells anything. */
const mostNotes = 100;

/** Cut off the notes that tell nothing any more. What hinders it is a warning: they may stay. */
export async function tidy(store: EventStore, id: string): Promise<void> {
  const root = cachedRoot(store, done, id)?.root;
  if (root === undefined) return;
  const notes = root.head.revision - root.snapshotRevision;
  if (notes === 0 || notes % mostNotes !== 0) return;
  try {
    await snapshotAndTruncate(store, done, root);
  } catch (cause) {
    const message = `what a reactor has noted could not be cut: ${errorText(cause)}`;
    store.onWarning({ code: "reactor", message, cause });
  }
}
