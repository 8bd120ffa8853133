import type { DomainEvent } from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import { foldTo, type LoadOptions, loadRoot, type LoadStore } from "./load.ts";
import type { Root } from "./root.ts";

/**
 * A root caught up with what was committed after it, reading only that: the same root when nothing
 * was; undefined when the aggregate is gone. A replica that knows less than the root is stale, or
 * the stream lost what the root is of: the leader tells.
 * @throws as `read`
 */
export async function loadAfter<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  options: LoadOptions,
): Promise<Root<State> | undefined> {
  const { sequence, checksum } = root.head;
  const answered = await store.last(aggregate.events, root.id, options);
  const stale = answered !== undefined && answered.sequence < sequence;
  const leader = { ...options, fresh: "leader" } as const;
  const last = stale ? await store.last(aggregate.events, root.id, leader) : answered;
  if (last?.sequence === sequence && last.frame.checksum === checksum) return root;
  // None, an older one on the leader, another one in its place: the stream lost what the root is of.
  if (last === undefined || last.sequence <= sequence) {
    return loadRoot(store, aggregate, root.id, leader);
  }
  try {
    return await foldTo(store, aggregate, root, last, options);
  } catch (error) {
    // History changed under the root (a truncation): a whole read tells whether it can be trusted.
    options.signal?.throwIfAborted();
    const reread = await loadRoot(store, aggregate, root.id, leader);
    if (reread === undefined) throw error;
    return reread;
  }
}
