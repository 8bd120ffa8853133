import { checkId, type DomainEvent, NotFoundError, type Sequence } from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { foldTo, type LoadOptions, loadRoot, type LoadStore } from "./load.ts";
import { loadRootUntil } from "./load-until.ts";
import type { Root } from "./root.ts";

/** How an aggregate is read: now or as it was, from any replica or the leader. */
export interface ReadRootOptions extends LoadOptions {
  /**
   * Read it as it was: up to and including a sequence, or a time (ends before the first of its
   * commits that was stored later, by the server's clock).
   */
  readonly until?: Sequence | Date;
}

/**
 * Read an aggregate: its snapshot or base, and the events after it.
 *
 * On several replicas it may be stale by a moment unless `fresh` is `"leader"`; writing on a stale
 * root is a conflict, never a loss.
 *
 * @throws {@link NotFoundError} when it has no commit (not: no event), or had none at `until`
 * @throws {@link TruncatedError} when `until` lies in history that was cut
 * @throws {@link CorruptError} or {@link PoisonError} when a commit can't be trusted or read: an
 *   aggregate fails closed
 * @throws {@link UnavailableError} when the server does not answer for 15 s
 */
export async function read<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  id: string,
  options: ReadRootOptions = {},
): Promise<Root<State>> {
  const root = await find(store, aggregate, id, options);
  if (root !== undefined) return root;
  const then = options.until === undefined ? "does not exist" : "did not exist then";
  throw new NotFoundError({ family: aggregate.events.name, id }, then);
}

/** As {@link read}, but undefined where that throws a NotFoundError. */
export async function find<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  id: string,
  { until, ...options }: ReadRootOptions = {},
): Promise<Root<State> | undefined> {
  checkId(id);
  return until === undefined
    ? loadRoot(store, aggregate, id, options)
    : loadRootUntil(store, aggregate, id, until, options.signal);
}

/**
 * Catch a root up with what was committed after it, reading only that. The same root when nothing
 * was.
 * @throws as {@link read}
 */
export async function readAfter<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  options: LoadOptions = {},
): Promise<Root<State>> {
  const last = await store.last(aggregate.events, root.id, options);
  const { sequence, checksum } = root.head;
  const stale = options.fresh === undefined && last !== undefined && last.sequence < sequence;
  if (stale || (last?.sequence === sequence && last.frame.checksum === checksum)) return root;
  // None, an older one on the leader, another one in its place: the stream lost what the root is of.
  if (last === undefined || last.sequence <= sequence) {
    return read(store, aggregate, root.id, { ...options, fresh: "leader" });
  }
  try {
    return await foldTo(store, aggregate, root, last, options.signal && { signal: options.signal });
  } catch (error) {
    // History changed under the root (a truncation): a whole read tells whether it can be trusted.
    options.signal?.throwIfAborted();
    const reread = await loadRoot(store, aggregate, root.id, { ...options, fresh: "leader" });
    if (reread === undefined) throw error;
    return reread;
  }
}
