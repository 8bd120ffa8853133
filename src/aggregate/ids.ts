import type { Family, ReadOptions, Replay } from "../event/index.ts";

/**
 * The ids of all aggregates of a family: for jobs that go over them (a truncation every night).
 * Finite, in no promised order, each once; those created meanwhile may be missing.
 */
export function aggregateIds(
  store: Pick<Replay, "ids">,
  family: Family,
  options: ReadOptions = {},
): AsyncIterable<string> {
  return store.ids(family, options);
}
