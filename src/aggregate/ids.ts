import type { Family, ReadOptions, Replay } from "../event/index.ts";
import { checkStore } from "../event/kinds.ts";
import { checkFamily } from "../event/name.ts";

/**
 * The ids of all aggregates of a family: for jobs that go over them (a truncation every night).
 * Finite, in no promised order, each once; those created meanwhile may be missing.
 */
export function aggregateIds(
  store: Pick<Replay, "ids">,
  family: Family,
  options: ReadOptions = {},
): AsyncIterable<string> {
  checkStore(store, "ids");
  checkFamily(family);
  return store.ids(family, options);
}
