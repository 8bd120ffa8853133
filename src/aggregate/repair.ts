import {
  checkArgument,
  checkedThere,
  checkOptions,
  isFlag,
  isObject,
  type Rules,
} from "../event/arguments.ts";
import type { DomainEvent, EventStore, LeftOut, Metadata, NewCommit } from "../event/index.ts";
import { leavingOut } from "../event/left-out.ts";
import { copyOf } from "../event/copy.ts";
import type { Foldable } from "./aggregate.ts";
import { dropRoot, keepRoot } from "./cached.ts";
import type { Inspection } from "./examination.ts";
import { assertOneFold, baseMetadata } from "./identity.ts";
import { advance, emptyRoot, handOut, type Root, takeIn } from "./root.ts";
import { assertUpcasts } from "./snapshot-and-truncate.ts";
import { type WriteOptions, writeRules } from "./write.ts";
import { checkKind, checkStore } from "../event/kinds.ts";

/** How an aggregate is repaired. */
export interface RepairOptions<State> extends WriteOptions {
  /**
   * The state to go on with. Needed where the inspection has none (`cause` says why).
   * @default the inspection's
   */
  readonly state?: State;
  /** See `TruncateOptions`. @default false */
  readonly withoutUpcastState?: boolean;
}

/** What a repair did. */
export interface Repaired<State> {
  /** As of the base. */
  readonly root: Root<State>;
  /** What readers pass over from now on, and why; empty where nothing had to be stored. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Make an aggregate readable again: append a base (a commit that holds its state) that declares the
 * messages with faults to be no part of it, and says why. From then on readers of whatever kind pass
 * over those; nothing is deleted. It is one commit, so it is done or not, and where there is no fault
 * nothing is stored: after an interruption, inspect and repair again.
 *
 * @param inspection - what `inspect` has found: nothing else is left out, and only on top of the last
 *   message that it has seen
 * @throws {@link ConflictError} (or {@link PoisonError}, where it is another foreign message) when
 *   something was stored since: inspect again
 * @throws what the inspection says to be the `cause` of a state that can't be told, unless one is given
 * @throws {@link ConfigError} when the aggregate does not declare `upcastState`, as
 *   `snapshotAndTruncate`; as `Publish.publish` otherwise
 */
export async function repair<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  inspection: Inspection<State>,
  options: RepairOptions<State> = {},
): Promise<Repaired<State>> {
  checkStore(store, "publish");
  checkKind("aggregate", aggregate);
  checkOptions("repair", options, repairRules);
  checkArgument("inspection", inspection, isInspection);
  const { withoutUpcastState = false, state: given, metadata, ...publishing } = options;
  const { id, leftOut, root, cause } = inspection;
  if (leftOut.length === 0 && given === undefined && root !== undefined) return { root, leftOut };
  if (root === undefined && given === undefined) throw cause as Error;
  assertUpcasts(aggregate, withoutUpcastState);
  assertOneFold(store.roots, aggregate);
  const known = root === undefined ? emptyRoot(aggregate, id) : takeIn(aggregate, root);
  const state = given === undefined ? known.state : copyOf(given);
  const published = await store.publish(baseOn(aggregate, inspection, state, metadata), publishing);
  const { revision: snapshotRevision } = published.head;
  const to = { ...published, state, snapshotRevision, latestMs: undefined };
  dropRoot(store, aggregate, id);
  const kept = keepRoot(store, aggregate, advance(known, to), performance.now());
  return { root: handOut(aggregate, kept), leftOut };
}

function baseOn<State, Event extends DomainEvent>(
  aggregate: Foldable<State, Event>,
  { id, head, leftOut }: Inspection<State>,
  state: State,
  metadata: Metadata | undefined,
): NewCommit<Event> {
  const { version: reducerVersion, events: family } = aggregate;
  return {
    family,
    id,
    expect: head,
    events: [],
    base: { reducerVersion, state },
    metadata: leavingOut(baseMetadata(aggregate, metadata), leftOut),
  };
}

const repairRules: Rules<RepairOptions<unknown>> = {
  ...writeRules,
  state: checkedThere,
  withoutUpcastState: isFlag,
};

function isInspection(value: unknown): string | undefined {
  const { id, head, leftOut } = (value ?? {}) as Partial<Inspection<unknown>>;
  const sound = typeof id === "string" && isObject(head) === undefined && Array.isArray(leftOut);
  return sound ? undefined : "must be what inspect returns";
}
