import type { Client } from "../faults/site.ts";
import { CounterEvents, NoiseEvents, OtherEvents } from "../faults/counter.ts";
import type { Counted } from "../faults/counter.ts";
import type { Selectable, Selection } from "jetfold";
import { writeMany } from "./large-store.ts";

/** A way in which history is read, and a store in which it is taken, large enough to be met halfway. */
export interface Plan {
  readonly name:
    | "pages of one aggregate"
    | "pages"
    | "merged pages"
    | "a stream"
    | "streams among much else";
  readonly selection: readonly Selection<Counted>[] | Selection<Counted>;
  /** How many events are selected. */
  readonly count: number;
  /** Does a consumer of the server's deliver it? */
  readonly consumer: boolean;
  fill(client: Client): Promise<void>;
}

const both: Selectable & readonly Selection<Counted>[] = [CounterEvents, OtherEvents];

/** More than one page or flow-control window each. */
export const plans: readonly Plan[] = [
  {
    name: "pages of one aggregate",
    selection: CounterEvents.of("Counter-0"),
    count: 1_000,
    consumer: false,
    fill: ({ store }) =>
      writeMany(store, { family: CounterEvents, aggregates: 1, commits: 1_000, bytes: 10_000 }),
  },
  {
    name: "pages",
    selection: both,
    count: 1_000,
    consumer: false,
    async fill({ store }) {
      await Promise.all([
        writeMany(store, { family: CounterEvents, aggregates: 10, commits: 50, bytes: 10_000 }),
        writeMany(store, { family: OtherEvents, aggregates: 10, commits: 50, bytes: 10_000 }),
      ]);
    },
  },
  {
    name: "merged pages",
    selection: both,
    count: 400,
    consumer: false,
    async fill({ store }) {
      await Promise.all([
        writeMany(store, { family: NoiseEvents, aggregates: 100, commits: 80, bytes: 10 }),
        writeMany(store, { family: CounterEvents, aggregates: 5, commits: 40, bytes: 50_000 }),
        writeMany(store, { family: OtherEvents, aggregates: 5, commits: 40, bytes: 50_000 }),
      ]);
    },
  },
  {
    name: "a stream",
    selection: both,
    count: 8_000,
    consumer: true,
    async fill({ store }) {
      await Promise.all([
        writeMany(store, { family: CounterEvents, aggregates: 40, commits: 100, bytes: 4_000 }),
        writeMany(store, { family: OtherEvents, aggregates: 40, commits: 100, bytes: 4_000 }),
      ]);
    },
  },
  {
    name: "streams among much else",
    selection: both,
    count: 3_600,
    consumer: true,
    async fill({ store }) {
      await Promise.all([
        writeMany(store, { family: NoiseEvents, aggregates: 100, commits: 90, bytes: 10 }),
        writeMany(store, { family: CounterEvents, aggregates: 40, commits: 45, bytes: 4_000 }),
        writeMany(store, { family: OtherEvents, aggregates: 40, commits: 45, bytes: 4_000 }),
      ]);
    },
  },
];
