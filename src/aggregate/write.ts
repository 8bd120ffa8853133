import { copiesOf } from "../event/copy.ts";
import type { DomainEvent, EventStore, Metadata } from "../event/index.ts";
import {
  checkedThere,
  takeOptions,
  isPlainObject,
  isSignal,
  type Rules,
} from "../event/arguments.ts";
import type { Foldable } from "./aggregate.ts";
import { applyAll } from "./fold.ts";
import { handOut, type Root, takeIn } from "./root.ts";
import { rootAfterWrite } from "./after-write.ts";
import { checkKind, checkList, checkStore } from "../event/kinds.ts";

/** How a commit is written. */
export interface WriteOptions {
  readonly metadata?: Metadata;
  /** See `PublishOptions.commitId`. */
  readonly commitId?: string;
  /** See `PublishOptions.budgetMs`. @default 15000 */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

/** Of those that are handed on to `publish`, the values are checked there. */
export const writeRules: Rules<WriteOptions> = {
  metadata: isPlainObject,
  commitId: checkedThere,
  budgetMs: checkedThere,
  signal: isSignal,
};

/**
 * Append events to an aggregate as one commit, on the root they were decided on.
 *
 * The events are applied first, so that a reducer that throws stores nothing. Without events
 * nothing is stored, and the root is returned as it is.
 *
 * @returns the new root; the given one is unchanged and can be used again
 * @throws {@link ConflictError} when the aggregate has moved on since `root` was read
 * @throws {@link InvalidInputError} when another definition (or version) folded the root
 * @throws as `Publish.publish` otherwise
 */
export async function write<State, Event extends DomainEvent>(
  store: EventStore,
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  events: readonly NoInfer<Event>[],
  given: WriteOptions = {},
): Promise<Root<State>> {
  checkStore(store, "publish");
  checkKind("aggregate", aggregate);
  checkList("events", events);
  const { metadata, ...options } = takeOptions("write", given, writeRules);
  const known = takeIn(aggregate, root);
  if (events.length === 0) return root;
  const own = copiesOf(events);
  const state = applyAll(aggregate, known.state, own);
  const asOfMs = performance.now();
  const published = await store.publish(
    {
      family: aggregate.events,
      id: known.id,
      expect: known.head,
      events: own,
      ...(metadata && { metadata }),
    },
    options,
  );
  return handOut(aggregate, rootAfterWrite(store, aggregate, known, state, published, asOfMs));
}
