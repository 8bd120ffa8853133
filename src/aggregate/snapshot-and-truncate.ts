import {
  type AggregateRef,
  ConfigError,
  ConflictError,
  type DomainEvent,
  type EventStore,
  InvalidInputError,
  isJetfoldError,
  NotFoundError,
  type Published,
  type Sequence,
} from "../event/index.ts";
import { deadlineIn } from "../event/backend/index.ts";
import { delay } from "../event/backend/timer.ts";
import { checkOptions, isFlag, isMs, isSequence, type Rules } from "../event/arguments.ts";
import { assertProjectionsPassed } from "../event/registry.ts";
import type { Foldable } from "./aggregate.ts";
import { keepRoot } from "./cached.ts";
import { assertOneFold, baseMetadata, foreignBase } from "./identity.ts";
import { advance, handOut, type Root, takeIn } from "./root.ts";
import { clearOldSnapshots } from "./snapshot.ts";
import { type WriteOptions, writeRules } from "./write.ts";
import { checkKind, checkStore } from "../event/kinds.ts";

/** What a truncation keeps, and how its base is written. */
export interface TruncateOptions extends WriteOptions {
  /** Keep the commits from this sequence (inclusive) on. @default only the base is kept */
  readonly keepFrom?: Sequence;
  /**
   * Truncate although the aggregate declares no `upcastState`: its state can then never change its
   * shape again. @default false
   */
  readonly withoutUpcastState?: boolean;
  /**
   * How long a projection that is behind is waited for, in milliseconds. One that runs tells its
   * position every 5 s. @default 10000
   */
  readonly waitMs?: number;
}

/** What a truncation did. */
export interface Truncated<State> {
  /** The same state, on the base. */
  readonly root: Root<State>;
  /** How many commits were deleted. */
  readonly deleted: number;
}

/**
 * Replace an aggregate's history by its state: append a base (a commit that holds the state), then
 * delete the commits before it. The aggregate reads and writes as before; what was before the base
 * can't be read any more, and the base only by the definition that wrote it (by its name): another
 * one of the family is left with a TruncatedError. Its snapshots of earlier versions are removed, since
 * they hold what was cut. Killed between any two steps, it loses nothing,
 * and another call goes on.
 *
 * @param given - its root, as of the aggregate's last commit
 * @throws {@link ConflictError} when the aggregate has moved on since `root` was read
 * @throws {@link ConfigError} when the aggregate does not declare `upcastState`: after the next
 *   change of its state's shape nobody could read the base; or when this and another
 *   definition without a name fold the family on this store
 * @throws {@link TruncationBlockedError} when a registered projection has still not handled what would be
 *   deleted; {@link UnstorableError} when the state holds a value that would come back changed;
 *   {@link InvalidInputError} when `keepFrom` is beyond the root, or another definition (or version)
 *   folded that
 * @throws {@link NotFoundError} when the aggregate has no commit
 */
export async function snapshotAndTruncate<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  given: Root<State>,
  options: TruncateOptions = {},
): Promise<Truncated<State>> {
  checkStore(store, "truncate");
  checkKind("aggregate", aggregate);
  checkOptions("snapshotAndTruncate", options, truncateRules);
  const { keepFrom, withoutUpcastState = false, signal } = options;
  const family = aggregate.events;
  assertUpcasts(aggregate, withoutUpcastState);
  assertOneFold(store.roots, aggregate);
  const root = takeIn(aggregate, given);
  if (root.head.sequence === 0) throw new NotFoundError({ family: family.name, id: root.id });
  checkKeepFrom(keepFrom, root);
  const at = { family: family.name, id: root.id };
  await projectionsPassed(store, at, keepFrom ?? root.head.sequence + 1, options);
  const { head, commitId } = await ensureBase(store, aggregate, root, options);
  const before = keepFrom ?? head.sequence;
  const deleted = await store.truncate(family, root.id, before, { ...(signal && { signal }) });
  await clearOldSnapshots(store, aggregate, root.id);
  const { revision: snapshotRevision } = head;
  const based = advance(root, { head, commitId, snapshotRevision, latestMs: undefined });
  const kept = keepRoot(store, aggregate, based, performance.now());
  return { root: handOut(aggregate, kept), deleted };
}

/**
 * A state in a base is a stored format from then on.
 * @throws {@link ConfigError} when nothing could bring it to another shape, unless that is meant
 */
export function assertUpcasts<State, Event extends DomainEvent>(
  { upcastState, events }: Foldable<State, Event>,
  withoutUpcastState: boolean,
): void {
  if (upcastState !== undefined || withoutUpcastState) return;
  throw new ConfigError(
    `aggregate "${events.name}" declares no upcastState: a state in a base must stay readable ` +
      "when its shape changes (declare upcastState: [] at version 1)",
  );
}

/** How often it is looked whether they have passed, in milliseconds. */
const lookMs = 200;

async function projectionsPassed(
  { projections }: Pick<EventStore, "projections">,
  at: AggregateRef,
  before: Sequence,
  { waitMs = 10_000, signal }: TruncateOptions,
): Promise<void> {
  const deadline = deadlineIn(waitMs);
  for (;;) {
    try {
      return await assertProjectionsPassed(projections, at, before);
    } catch (error) {
      const behind = isJetfoldError(error, "truncation-blocked") && error.behind;
      if (!behind || deadline.leftMs() <= 0) throw error;
    }
    await delay(Math.min(lookMs, deadline.leftMs()), { signal });
  }
}

const truncateRules: Rules<TruncateOptions> = {
  ...writeRules,
  keepFrom: isSequence,
  withoutUpcastState: isFlag,
  waitMs: isMs,
};

function checkKeepFrom(keepFrom: Sequence | undefined, { head }: Root<unknown>): void {
  if (keepFrom === undefined) return;
  if (keepFrom === 0 || keepFrom > head.sequence) {
    throw new InvalidInputError("keepFrom", `must be 1 to ${head.sequence}`, keepFrom);
  }
}

/** Append the base, unless the aggregate already ends with one (a truncation that was cut short). */
async function ensureBase<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  { metadata, commitId, budgetMs, signal }: TruncateOptions,
): Promise<Pick<Published, "head" | "commitId">> {
  const family = aggregate.events;
  const last = await store.last(family, root.id, { fresh: "leader", ...(signal && { signal }) });
  if (last?.sequence !== root.head.sequence) {
    const at = { family: family.name, id: root.id };
    throw new ConflictError(at, root.head.sequence, last?.sequence ?? 0);
  }
  const { version } = aggregate;
  if (last.base?.reducerVersion === version && !foreignBase(aggregate, last)) return last;
  return store.publish(
    {
      family,
      id: root.id,
      expect: root.head,
      events: [],
      base: { reducerVersion: version, state: root.state },
      metadata: baseMetadata(aggregate, metadata),
    },
    {
      ...(commitId !== undefined && { commitId }),
      ...(budgetMs !== undefined && { budgetMs }),
      ...(signal && { signal }),
    },
  );
}
