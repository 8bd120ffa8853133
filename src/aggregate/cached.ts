import type { DomainEvent, EventStore } from "../event/index.ts";
import type { Foldable } from "./aggregate.ts";
import type { Root } from "./root.ts";

type Cache = Pick<EventStore, "roots">;

/** An aggregate's root in memory, and since when it may be out of date. */
export interface Cached<State> {
  readonly root: Root<State>;
  /** When it was known to be the newest, by `performance.now()`. */
  readonly asOfMs: number;
}

/** The root in memory, if this definition left one there. */
export function cachedRoot<State>(
  { roots }: Cache,
  aggregate: Foldable<State, DomainEvent>,
  id: string,
): Cached<State> | undefined {
  const entry = roots.get(keyOf(aggregate, id));
  if (entry === undefined || entry.owner !== aggregate) return undefined;
  return { root: entry.root as Root<State>, asOfMs: entry.asOfMs };
}

/**
 * Keep a root in memory, unless a later one is kept: a replica may answer late.
 * @param asOfMs - when it was known to be the newest at the earliest
 */
export function keepRoot<State, R extends Root<State>>(
  store: Cache,
  aggregate: Foldable<State, DomainEvent>,
  root: R,
  asOfMs: number,
): R {
  const kept = cachedRoot(store, aggregate, root.id);
  if (kept !== undefined && kept.root.head.sequence > root.head.sequence) return root;
  store.roots.set(keyOf(aggregate, root.id), { owner: aggregate, root, asOfMs });
  return root;
}

/** Forget a root. */
export function dropRoot(
  { roots }: Cache,
  aggregate: { readonly events: { readonly name: string } },
  id: string,
): void {
  roots.delete(keyOf(aggregate, id));
}

/** Under which an aggregate is kept. */
export function keyOf(
  { events }: { readonly events: { readonly name: string } },
  id: string,
): string {
  return `${events.name}.${id}`;
}
