import type { EventStore, Selectable, Sequence } from "../event/index.ts";
import { call } from "../event/listener.ts";
import {
  checkOptions,
  either,
  isFunction,
  isSequence,
  oneOf,
  isSignal,
  type Rules,
} from "../event/arguments.ts";
import { CommitHandler } from "./run/commit-handler.ts";
import type { Projection } from "./projection.ts";
import { checkKind, checkStore } from "../event/kinds.ts";

/** How far a rebuild goes, and who hears of its progress. */
export interface RebuildOptions {
  /** Stop after this sequence (inclusive). @default the end, as it is when the rebuild begins */
  readonly until?: Sequence;
  readonly signal?: AbortSignal;
  /** Called after every commit; what it throws is a warning. */
  readonly onProgress?: (progress: RebuildProgress) => void;
}

const rebuildRules: Rules<RebuildOptions> = {
  until: either(isSequence, oneOf(Infinity), "must be a whole number of 0 or more"),
  signal: isSignal,
  onProgress: isFunction,
};

/** How far a rebuild has come; at the end, what it did. */
export interface RebuildProgress {
  /** Every selected commit at or below this sequence has been handled. */
  readonly sequence: Sequence;
  /** The sequence the rebuild ends at. */
  readonly end: Sequence;
  /** How many events were handled so far. */
  readonly handled: number;
}

/**
 * Build a read model from all of history, once. Finite. Touches no checkpoint, and has no side
 * effects; give the sequence it returns to `observe` as `after`, and no event falls between the two.
 * For read models that need no transaction.
 *
 * @throws {@link TruncatedError} when an aggregate's history was cut, and there is no `projectBase` or
 *   no base up to the end
 * @throws what the handler throws, and as `Replay.replay`
 */
export async function rebuild<S extends Selectable>(
  store: Pick<EventStore, "replay" | "end"> & Partial<Pick<EventStore, "onWarning">>,
  projection: Projection<S, undefined>,
  given: RebuildOptions = {},
): Promise<RebuildProgress> {
  checkStore(store, "replay");
  checkKind("projection", projection);
  checkOptions("rebuild", given, rebuildRules);
  const { until = Infinity, signal, onProgress } = given;
  const aborting = signal && { signal };
  const end = Math.min(until, await store.end(projection.events, { ...aborting }));
  const { poison } = projection;
  const handler = new CommitHandler<undefined>(
    projection as unknown as Projection<never, undefined>,
    [],
    { ...aborting },
  );
  if (end > 0) {
    const options = { until: end, ...(poison && { poison }), ...aborting };
    for await (const commit of store.replay(projection.events, options).commits()) {
      await handler.handle([commit], undefined, { commits: 0, events: 0 });
      handler.settle();
      const progress = { sequence: commit.sequence, end, handled: handler.handled };
      call("onProgress", onProgress, [progress], store.onWarning);
    }
    handler.assertWhole();
  }
  return { sequence: end, end, handled: handler.handled };
}
