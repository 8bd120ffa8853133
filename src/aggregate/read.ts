import { checkId, type DomainEvent, NotFoundError, type Sequence } from "../event/index.ts";
import {
  checkArgument,
  checkOptions,
  either,
  isMs,
  isObject,
  isSequence,
  isSignal,
  isValidDate,
  oneOf,
  type Rules,
} from "../event/arguments.ts";
import type { Foldable } from "./aggregate.ts";
import { type Cached, cachedRoot, keepRoot } from "./cached.ts";
import { type LoadOptions, loadRoot, type LoadStore } from "./load.ts";
import { loadAfter } from "./load-after.ts";
import { loadRootUntil } from "./load-until.ts";
import { emptyRoot, handOut, type Root, takeIn } from "./root.ts";
import { checkKind, checkStore } from "../event/kinds.ts";

/**
 * How fresh a root must be.
 * - absent: as of now, as far as the replica that answers knows; one request when it is in memory
 * - `"leader"`: as of the leader's last commit, never a stale replica's; see `ReadOptions.fresh`
 * - `"cached"`: the one in memory as it is, however old; read when there is none
 * - `{ maxStaleMs }`: the one in memory if it was the newest at most so long ago
 */
export type Freshness = "leader" | "cached" | { readonly maxStaleMs: number };

/** How an aggregate is read: now or as it was, from any replica, the leader or memory. */
export interface ReadRootOptions {
  readonly fresh?: Freshness;
  /**
   * Read it as it was: up to and including a sequence, or a time (ends before the first of its
   * commits that was stored later, by the server's clock).
   */
  readonly until?: Sequence | Date;
  readonly signal?: AbortSignal;
}

/**
 * Read an aggregate: its root in memory, its snapshot or its base, and the events after it.
 *
 * On several replicas it may be stale by a moment, with `fresh: "leader"` only where the leader has just been cut off; writing on a stale
 * root is a conflict, never a loss. The state is the reader's own: changing it changes nothing else,
 * unless it is, or holds, an instance of a class, which can't be copied and is handed over as it is.
 *
 * @throws {@link NotFoundError} when it has no commit (not: no event), or had none at `until`
 * @throws {@link TruncatedError} when `until` lies in history that was cut; when the store lacks
 *   commits that the root in memory or the snapshot know of (see {@link forgetAggregate})
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
  return handOut(aggregate, await readRoot(store, aggregate, id, options));
}

/** As {@link read}, but the root is not to be given to anybody. */
export async function readRoot<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  id: string,
  options: ReadRootOptions,
): Promise<Root<State>> {
  const root = await findRoot(store, aggregate, id, options);
  if (root !== undefined) return root;
  const then = options.until === undefined ? "does not exist" : "did not exist then";
  throw new NotFoundError({ family: aggregate.events.name, id }, then);
}

/** As {@link read}, but undefined where that throws a NotFoundError. */
export async function find<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  id: string,
  options: ReadRootOptions = {},
): Promise<Root<State> | undefined> {
  const root = await findRoot(store, aggregate, id, options);
  return root && handOut(aggregate, root);
}

async function findRoot<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  id: string,
  options: ReadRootOptions,
): Promise<Root<State> | undefined> {
  checkStore(store, "last");
  checkKind("aggregate", aggregate);
  checkId(id);
  checkOptions("read", options, readRules);
  const { until, fresh, signal } = options;
  const maxStaleMs = maxStaleOf(fresh);
  if (until !== undefined) return loadRootUntil(store, aggregate, id, until, signal);
  const cached = cachedRoot(store, aggregate, id);
  if (cached !== undefined && performance.now() - cached.asOfMs <= maxStaleMs) {
    signal?.throwIfAborted();
    return cached.root;
  }
  const leader = fresh === "leader" ? { fresh } : {};
  return findNow(store, aggregate, id, cached, { ...leader, ...(signal && { signal }) });
}

/** As {@link readRoot}, but the root of a new aggregate where that finds none. */
export async function findOrNew<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  id: string,
  options: ReadRootOptions,
): Promise<Root<State>> {
  return (await findRoot(store, aggregate, id, options)) ?? emptyRoot(aggregate, id);
}

/** Read what is newer than memory, or everything, and keep it there. */
async function findNow<State, Event extends DomainEvent>(
  store: LoadStore,
  aggregate: Foldable<State, Event>,
  id: string,
  cached: Cached<State> | undefined,
  options: LoadOptions,
): Promise<Root<State> | undefined> {
  const asOfMs = performance.now();
  const root =
    cached === undefined
      ? await loadRoot(store, aggregate, id, options)
      : await loadAfter(store, aggregate, cached.root, options);
  return root && keepRoot(store, aggregate, root, asOfMs);
}

const freshRules: Rules<Exclude<Freshness, string>> = { maxStaleMs: isMs };

const readRules: Rules<ReadRootOptions> = {
  fresh: either(
    oneOf("leader", "cached"),
    isObject,
    'must be "leader", "cached" or { maxStaleMs }',
  ),
  until: either(isSequence, isValidDate, "must be a whole number of 0 or more, or a valid Date"),
  signal: isSignal,
};

/** How old a root in memory may be, in milliseconds; below 0 for: it must be asked for. */
function maxStaleOf(fresh: Freshness | undefined): number {
  if (fresh === undefined || fresh === "leader") return -1;
  if (fresh === "cached") return Infinity;
  checkOptions("fresh", fresh, freshRules, "fresh.");
  checkArgument("fresh.maxStaleMs", fresh.maxStaleMs, isMs);
  return fresh.maxStaleMs;
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
  checkStore(store, "last");
  const known = takeIn(aggregate, root);
  const current = await loadAfter(store, aggregate, known, options);
  if (current === known) return root;
  if (current !== undefined) return handOut(aggregate, current);
  throw new NotFoundError({ family: aggregate.events.name, id: root.id }, "does not exist");
}
