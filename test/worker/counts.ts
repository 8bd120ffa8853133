import { defineProjection, type EventStore, type Projection, rebuild } from "jetfold";
import type { Counted } from "../faults/counter.ts";
import { selected } from "../projections/busy-writers.ts";

/** How often each aggregate was counted, and the sum of its steps: `family.id` to `events:steps`. */
export type Counts = Record<string, string>;

/** One aggregate, and the revision it is at: an event that comes again changes nothing. */
export interface Count {
  readonly revision: number;
  readonly events: number;
  readonly steps: number;
}

const none: Count = { revision: 0, events: 0, steps: 0 };

/** Where counts are kept. */
export interface Keeper {
  get(key: string): Count | undefined;
  set(key: string, count: Count): void;
}

/** Counts into a keeper. @param retries - as often is an event tried again */
export function counting(
  keeper: Keeper,
  onEvent: (event: Counted) => void = () => undefined,
  retries = 0,
): Projection<typeof selected> {
  return defineProjection({
    name: "counts",
    events: selected,
    project({ family, id, revision, event }) {
      onEvent(event);
      const key = `${family}.${id}`;
      const { events, steps, ...before } = keeper.get(key) ?? none;
      if (revision <= before.revision) return;
      keeper.set(key, { revision, events: events + 1, steps: steps + event.step });
    },
    onError: { retries },
  });
}

/** As they can be compared. */
export function countsOf(kept: ReadonlyMap<string, Count>): Counts {
  const sorted = [...kept].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, { events, steps }]) => [key, `${events}:${steps}`]));
}

/** What a rebuild of the whole store makes. */
export async function rebuilt(store: EventStore): Promise<Counts> {
  const kept = new Map<string, Count>();
  await rebuild(store, counting(kept));
  return countsOf(kept);
}
