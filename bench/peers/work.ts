/** One piece of work: the same for every contender. */
export interface Work {
  readonly key: string;
  /** What one operation is. */
  readonly operation: string;
  /** What is compared: the median time of an operation, or how much is done in a second. */
  readonly figure: "p50" | "rate";
  readonly unit: "us" | "appends/s" | "events/s";
  /** True when the work changes the data, so that every round needs data of its own. */
  readonly changesData: boolean;
  readonly full: Size;
  readonly quick: Size;
}

/** How much of it is done. As many operations again, divided by ten, come first, unclocked. */
export interface Size {
  readonly operations: number;
  /** Of each family, where the work needs data. Loads need more of them than operations. */
  readonly aggregates: number;
  /** Events of each aggregate. */
  readonly events: number;
}

/** How many appends `append.inflight256` has under way. */
export const inFlight = 256;

/** Events in a commit of `append.commit10`. */
export const commitEvents = 10;

/** Names of the families of `replay.family`, all of one size; the first one is read. */
export const families = ["Order", "Invoice", "Parcel", "Refund"] as const;

const perOperation = { figure: "p50", unit: "us" } as const;
const noData = { aggregates: 1, events: 1 };

/** All work, in the order in which it is done. */
export const works: readonly Work[] = [
  {
    key: "append.sequential",
    operation: "one conditional append, awaited",
    ...perOperation,
    changesData: true,
    full: { operations: 3000, ...noData },
    quick: { operations: 500, ...noData },
  },
  {
    key: "append.inflight256",
    operation: `one conditional append, ${inFlight} under way on as many aggregates`,
    figure: "rate",
    unit: "appends/s",
    changesData: true,
    full: { operations: 60_000, ...noData },
    quick: { operations: 10_000, ...noData },
  },
  {
    key: "append.commit10",
    operation: `${commitEvents} events of one aggregate, in one commit where there is such a thing`,
    ...perOperation,
    changesData: true,
    full: { operations: 1000, ...noData },
    quick: { operations: 200, ...noData },
  },
  {
    key: "load.contiguous100",
    operation: "load an aggregate whose events lie side by side",
    ...perOperation,
    changesData: false,
    full: { operations: 100, aggregates: 120, events: 100 },
    quick: { operations: 40, aggregates: 50, events: 100 },
  },
  {
    key: "load.wide50",
    operation: "load an aggregate whose events are spread among all others",
    ...perOperation,
    changesData: false,
    full: { operations: 300, aggregates: 4000, events: 50 },
    quick: { operations: 50, aggregates: 400, events: 50 },
  },
  {
    key: "execute.warm",
    operation: "one command to one of a few aggregates in use: load, decide, append",
    ...perOperation,
    changesData: true,
    full: { operations: 300, aggregates: 10, events: 50 },
    quick: { operations: 50, aggregates: 10, events: 50 },
  },
  {
    key: "replay.family",
    operation: `read one of ${families.length} equal families to its end, every body decoded`,
    figure: "rate",
    unit: "events/s",
    changesData: false,
    full: { operations: 5, aggregates: 3000, events: 10 },
    quick: { operations: 3, aggregates: 500, events: 10 },
  },
];

/** How many operations go unclocked first. */
export function warmUpOf(operations: number): number {
  return Math.ceil(operations / 10);
}

/** The size in words, for the report. */
export function scaleOf({ key }: Work, { operations, aggregates, events }: Size): string {
  const done = `${operations} operations`;
  if (aggregates * events === 1) return done;
  const each = `${aggregates} aggregates of ${events} events`;
  return key === "replay.family" ? `${done}, ${families.length} x ${each}` : `${done}, ${each}`;
}
