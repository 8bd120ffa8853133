import type { EventStore, Family } from "jetfold";
import { type Counted, counted } from "./counter.ts";

/** One aggregate's commits to be written. */
export interface Filling {
  readonly family: Family<Counted>;
  readonly id: string;
}

/**
 * Write commits of one event each, the aggregates taking turns, many in flight at once; steps are
 * numbered within each aggregate from 1.
 */
export async function fill(
  store: EventStore,
  aggregates: readonly Filling[],
  commits: number,
): Promise<void> {
  await Promise.all(
    aggregates.map(async ({ family, id }) => {
      let { head } = await store.publish({ family, id, expect: "new", events: [counted(id, 1)] });
      for (let step = 2; step <= commits / aggregates.length; step++) {
        const events = [counted(id, step)];
        ({ head } = await store.publish({ family, id, expect: head, events }));
      }
    }),
  );
}

/** So many aggregates of a family. */
export function several(family: Family<Counted>, count: number): Filling[] {
  return Array.from({ length: count }, (_, i) => ({ family, id: `${family.name}-${i}` }));
}
