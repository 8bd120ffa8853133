import { type Aggregate, defineAggregate, defineEvents, type Family } from "jetfold";

/** One step of a counter, and who took it: enough to find every step again. */
export interface Counted {
  readonly type: "Counted";
  readonly by: string;
  readonly step: number;
}

export const CounterEvents: Family<Counted> = defineEvents<Counted>()({
  name: "Counter",
  types: { Counted: {} },
});

/** A second family, for readers of several. */
export const OtherEvents: Family<Counted> = defineEvents<Counted>()({
  name: "Other",
  types: { Counted: {} },
});

/** A third one, which no test reads: what lies between. */
export const NoiseEvents: Family<Counted> = defineEvents<Counted>()({
  name: "Noise",
  types: { Counted: {} },
});

export interface CounterState {
  readonly count: number;
  readonly last: string;
}

export interface Count {
  readonly by: string;
  readonly step: number;
}

/** Called in the middle of every decision, with its number (1 for the first attempt). */
export type OnDecision = (attempt: number) => void | Promise<void>;

/** A step as an event. */
export function counted(by: string, step: number): Counted {
  return { type: "Counted", by, step };
}

/** Says yes to everything and counts. */
export const Counter: Aggregate<CounterState, Count, Counted> = defineAggregate({
  events: CounterEvents,
  initial: (): CounterState => ({ count: 0, last: "" }),
  process: (_: CounterState, { by, step }: Count): Counted[] => [counted(by, step)],
  apply: ({ count }: CounterState, { by, step }: Counted): CounterState => ({
    count: count + 1,
    last: `${by}:${step}`,
  }),
  upcastState: [],
});

/**
 * The same aggregate, but what it decides differs from attempt to attempt, and a test can act
 * between the decision and the append. Define one for each execution.
 */
export function moodyCounter(
  onDecision: OnDecision,
): Aggregate<CounterState, Count, Counted> & { attempts(): number } {
  let attempts = 0;
  const process = async (_: CounterState, { by }: Count): Promise<Counted[]> => {
    const attempt = ++attempts;
    await onDecision(attempt);
    return Array.from({ length: attempt }, () => counted(by, attempt));
  };
  return { ...Counter, process, attempts: () => attempts };
}
