import { copyOf, copyWhole } from "../event/copy.ts";
import {
  type DomainEvent,
  type EventStore,
  InvalidInputError,
  type Metadata,
} from "../event/index.ts";
import { cachedRoot } from "./cached.ts";
import type { CommandTo } from "./command-to.ts";
import { decide, type DecisionSeed } from "./decision.ts";
import type { Ending } from "./execution.ts";
import { applyAll } from "./fold.ts";
import { findOrNew } from "./read.ts";
import type { Root } from "./root.ts";

/** The commands of one aggregate, in order; the same over all attempts. */
export interface TargetPlan extends Pick<CommandTo, "aggregate" | "id"> {
  readonly decisions: readonly {
    readonly command: unknown;
    readonly seed: DecisionSeed<unknown>;
  }[];
  readonly metadata: Metadata;
}

/** What one aggregate's commands have come to. */
export interface Target extends Pick<CommandTo, "aggregate"> {
  /** What was decided on. */
  readonly root: Root<unknown>;
  readonly events: readonly DomainEvent[];
  /** The state after the events. */
  readonly state: unknown;
  readonly metadata: Metadata;
}

/**
 * Commands by aggregate, in the order of each aggregate's first.
 * @throws {@link InvalidInputError} when two definitions are to decide for one aggregate: the second
 *   would be given the first one's state
 */
export function planOf(
  commands: readonly CommandTo[],
  cause: Metadata,
  ending: Ending,
): readonly TargetPlan[] {
  const now = new Date();
  const plans = new Map<string, TargetPlan & { decisions: TargetPlan["decisions"][number][] }>();
  for (const { aggregate, id, command, services, metadata } of commands) {
    const key = `${aggregate.events.name}.${id}`;
    const before = plans.get(key);
    if (before !== undefined && before.aggregate !== aggregate) {
      const rule = "must be decided by one definition in one reaction";
      throw new InvalidInputError("commands", rule, key);
    }
    const merged = { ...(before?.metadata ?? cause), ...copyOf(metadata) };
    const seed = { id, now, metadata: merged, services, ids: [], ending };
    const decisions = [
      ...(before?.decisions ?? []),
      { command: copyWhole(command, "command"), seed },
    ];
    plans.set(key, { aggregate, id, decisions, metadata: merged });
  }
  return [...plans.values()];
}

/**
 * Let every aggregate decide.
 * @param fresh - on the leader's last commits; otherwise what is in memory will do
 * @throws {@link RejectedError} of the first command that is rejected
 */
export async function decideTogether(
  store: EventStore,
  plan: readonly TargetPlan[],
  fresh: boolean,
): Promise<readonly Target[]> {
  const roots = await Promise.all(plan.map((target) => rootOf(store, target, fresh)));
  const targets: Target[] = [];
  for (const [i, target] of plan.entries()) targets.push(await decideAll(target, roots[i]!));
  return targets;
}

async function rootOf(
  store: EventStore,
  { aggregate, id, decisions }: TargetPlan,
  fresh: boolean,
): Promise<Root<unknown>> {
  const cached = fresh ? undefined : cachedRoot(store, aggregate, id)?.root;
  if (cached !== undefined) return cached;
  const { signal } = decisions[0]!.seed.ending;
  const options = fresh ? ({ fresh: "leader", signal } as const) : { signal };
  return findOrNew(store, aggregate, id, options);
}

/** One aggregate's commands, each on what the ones before have decided. */
async function decideAll(
  { aggregate, decisions, metadata }: TargetPlan,
  root: Root<unknown>,
): Promise<Target> {
  let { state } = root;
  const events: DomainEvent[] = [];
  for (const { command, seed } of decisions) {
    const decided = await decide(aggregate, { ...root, state }, command, seed);
    state = applyAll(aggregate, state, decided);
    events.push(...decided);
  }
  return { aggregate, root, events, state, metadata };
}
