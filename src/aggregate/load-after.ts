import type { DomainEvent } from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { lastFrom, reaches } from "./kept.ts";
import { foldTo, type LoadOptions, loadRoot, type LoadStore } from "./load.ts";
import type { Root } from "./root.ts";

/**
 * A root caught up with what was committed after it, reading only that: the same root when nothing
 * was; undefined when it is of a new aggregate, which there still is not. A replica that knows less
 * than the root is stale, or what the root is of is gone: the leader tells.
 * @throws {@link TruncatedError} when it is gone; as `read`
 */
export async function loadAfter<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  options: LoadOptions,
): Promise<Root<State> | undefined> {
  const { head } = root;
  if (head.sequence === 0) return loadRoot(store, aggregate, root.id, options);
  const answered = await store.last(aggregate.events, root.id, options);
  const last = reaches(answered, head)
    ? answered
    : await lastFrom(store, aggregate.events, root, options.signal);
  if (last.sequence === head.sequence) return root;
  try {
    return await foldTo(store, aggregate, root, last, options);
  } catch (error) {
    // History changed under the root (a truncation): a whole read tells whether it can be trusted.
    options.signal?.throwIfAborted();
    const reread = await loadRoot(store, aggregate, root.id, { ...options, fresh: "leader" });
    if (reread === undefined) throw error;
    return reread;
  }
}
