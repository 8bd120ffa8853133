import type { EventStore, Family, Head } from "jetfold";
import { type Counted, counted } from "../faults/counter.ts";

/** Aggregates to be written, and how large each of their events is. */
export interface Writing {
  readonly family: Family<Counted>;
  readonly aggregates: number;
  readonly commits: number;
  readonly bytes: number;
}

/** Write so many aggregates (`<family>-0` …) of so many commits, many in flight at once. */
export async function writeMany(
  store: EventStore,
  { family, aggregates, commits, bytes }: Writing,
): Promise<void> {
  const by = "x".repeat(bytes);
  const ids = Array.from({ length: aggregates }, (_, i) => `${family.name}-${i}`);
  await Promise.all(
    ids.map(async (id) => {
      let expect: Head | "new" = "new";
      for (let step = 1; step <= commits; step++) {
        const events = [counted(by, step)];
        ({ head: expect } = await store.publish({ family, id, expect, events }));
      }
    }),
  );
}
