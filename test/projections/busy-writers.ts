import { setTimeout as delay } from "node:timers/promises";
import {
  ConflictError,
  type EventStore,
  type Family,
  type PublishOptions,
  UnavailableError,
  UnknownOutcomeError,
} from "jetfold";
import { type Counted, counted, CounterEvents, OtherEvents } from "../faults/counter.ts";
import { randomFrom } from "../faults/seed.ts";

/** What the projection under test selects. */
export const selected: readonly Family<Counted>[] = [CounterEvents, OtherEvents];

/** What was acknowledged. */
export interface Written {
  commits: number;
  events: number;
  transactions: number;
}

/** Writers at work in the background. */
export interface BusyWriters {
  /** Let each finish what it is doing. @throws the first error of one */
  stop(): Promise<Written>;
}

/** How many aggregates of each family they share. */
const aggregates = 12;

const writers = 8;

/**
 * Eight writers that append commits of 1 to 4 events, and every third time a transaction of 2 or 3
 * aggregates, to aggregates they share.
 * @param pauseMs - the longest pause of a writer after an append
 */
export function startBusyWriters(
  stores: readonly EventStore[],
  seed: number,
  pauseMs: number,
): BusyWriters {
  const written: Written = { commits: 0, events: 0, transactions: 0 };
  const stopping = new AbortController();
  const all = Array.from({ length: writers }, (_, n) => {
    const random = randomFrom(seed + n);
    const store = stores[n % stores.length]!;
    return work(store, random, pauseMs, written, stopping.signal);
  });
  const done = Promise.all(all);
  done.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await done;
      return written;
    },
  };
}

async function work(
  store: EventStore,
  random: () => number,
  pauseMs: number,
  written: Written,
  signal: AbortSignal,
): Promise<void> {
  for (let step = 1; !signal.aborted; step++) {
    const parts = partsOf(random, step);
    try {
      await settle((options) =>
        parts.length === 1 ? store.publish(parts[0]!, options) : store.transact(parts, options),
      );
      if (parts.length > 1) written.transactions++;
      written.commits += parts.length;
      for (const { events } of parts) written.events += events.length;
    } catch (error) {
      // Another writer was quicker, again and again.
      if (!(error instanceof ConflictError)) throw error;
    }
    await delay(random() * pauseMs);
  }
}

/** Until it is known to be stored: a server may be away. */
async function settle(append: (options: PublishOptions) => Promise<unknown>): Promise<void> {
  let options: PublishOptions = { budgetMs: 2_000 };
  for (;;) {
    try {
      await append(options);
      return;
    } catch (error) {
      if (error instanceof UnknownOutcomeError) options = { ...options, commitId: error.commitId };
      else if (!(error instanceof UnavailableError)) throw error;
    }
  }
}

interface Part {
  readonly family: Family<Counted>;
  readonly id: string;
  readonly expect: "any";
  readonly events: readonly Counted[];
}

function partsOf(random: () => number, step: number): Part[] {
  const below = (limit: number): number => Math.floor(random() * limit);
  const count = step % 3 === 0 ? 2 + below(2) : 1;
  const first = below(aggregates);
  return Array.from({ length: count }, (_, i) => {
    const id = `a${(first + i) % aggregates}`;
    const events = Array.from({ length: 1 + below(4) }, () => counted(id, step));
    return { family: selected[below(2)]!, id, expect: "any" as const, events };
  });
}
