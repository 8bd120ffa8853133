import { setTimeout as delay } from "node:timers/promises";
import {
  ConflictError,
  type EventStore,
  type Expectation,
  execute,
  type Head,
  UnavailableError,
  UnknownOutcomeError,
} from "jetfold";
import { Counter, counted, CounterEvents } from "./counter.ts";
import type { LoggedCommit } from "./stored-log.ts";
import { until } from "./until.ts";

/** What a writer was told of one commit. */
interface Acknowledged {
  readonly id: string;
  readonly sequence: number;
  readonly revision: number;
}

/** What all writers were told. */
export interface Told {
  readonly acknowledged: ReadonlyMap<string, Acknowledged>;
  /** How many calls ended with an UnknownOutcomeError; each was made again until it was settled. */
  readonly unknown: number;
  /** How many calls ended, by their error, without having changed anything. */
  readonly unchanged: number;
  /** Every other error, and a conflict where nobody else writes. */
  readonly errors: readonly string[];
  /** The longest time between two acknowledgements of one writer, in milliseconds. */
  readonly longestMs: number;
}

/** Writers at work in the background. */
export interface Writers {
  /** Wait until each has had so many more acknowledgements. @throws once one had another error */
  progress(count: number): Promise<void>;
  /** Let each finish what it is doing. */
  stop(): Promise<Told>;
}

/** How many commits a writer may be ahead of the slowest one: all are at work when a fault comes. */
const lead = 50;

/** How a writer writes its n-th commit; it goes on with what this gives. */
type Step = (n: number, commitId: string | undefined) => Promise<{ commitId: string; head: Head }>;

/**
 * Start writers that write one commit after another until told to stop: of each four one executes
 * and one publishes on an aggregate of its own, one executes and one publishes on a shared one.
 * @param budgetMs - of every second one; the others have the default
 */
export function startWriters(
  stores: readonly EventStore[],
  run: string,
  budgetMs: number,
): Writers {
  const acknowledged = new Map<string, Acknowledged>();
  const errors: string[] = [];
  const counts = stores.map(() => 0);
  let unknown = 0;
  let unchanged = 0;
  let longestMs = 0;
  let stopped = false;

  async function work(writer: number, id: string, step: Step): Promise<void> {
    let sinceMs = performance.now();
    let commitId: string | undefined;
    for (let n = 1; !(stopped && commitId === undefined);) {
      while (counts[writer]! > Math.min(...counts) + lead && !stopped) await delay(2);
      try {
        const done = await step(n, commitId);
        const { sequence, revision } = done.head;
        const told = acknowledged.get(done.commitId);
        if (told !== undefined)
          errors.push(`${done.commitId} acknowledged at ${told.sequence} too`);
        acknowledged.set(done.commitId, { id, sequence, revision });
        longestMs = Math.max(longestMs, performance.now() - sinceMs);
        sinceMs = performance.now();
        commitId = undefined;
        n++;
        counts[writer]!++;
      } catch (error) {
        const contended = id === "shared" && error instanceof ConflictError;
        if (error instanceof UnknownOutcomeError) {
          unknown++;
          ({ commitId } = error);
        } else if (contended || error instanceof UnavailableError) unchanged++;
        else {
          errors.push(`writer ${writer} on ${id}: ${String(error)}`);
          return;
        }
      }
    }
  }

  const works = stores.map((store, writer) => {
    const budget = writer % 2 === 0 ? { budgetMs } : {};
    const shared = writer % 4 >= 2;
    const id = shared ? "shared" : `${run}-own-${writer}`;
    const executes = writer % 4 === 0 || writer % 4 === 3;
    return work(
      writer,
      id,
      executes ? executing(store, id, budget) : publishing(store, id, shared, budget),
    );
  });
  return {
    progress: async (count) => {
      const before = [...counts];
      const done = (): boolean => counts.every((c, i) => c >= before[i]! + count);
      const gone = until("every writer to go on", () => errors.length > 0 || done(), 60_000);
      await gone.catch((error: unknown) => {
        const from = `from ${before.join(" ")} to ${counts.join(" ")}, ${unknown} unknown`;
        throw new Error(`writers went ${from}, ${unchanged} unchanged`, { cause: error });
      });
      if (errors.length > 0) throw new Error(errors.join("\n"));
    },
    stop: async () => {
      stopped = true;
      await Promise.all(works);
      return { acknowledged, unknown, unchanged, errors, longestMs };
    },
  };
}

interface Budget {
  readonly budgetMs?: number;
}

function executing(store: EventStore, id: string, budget: Budget): Step {
  return async (n, commitId) => {
    const options = { ...budget, ...(commitId && { commitId }) };
    const done = await execute(store, Counter, id, { by: id, step: n }, options);
    return { commitId: done.commitId!, head: done.head };
  };
}

function publishing(store: EventStore, id: string, shared: boolean, budget: Budget): Step {
  let head: Head | undefined;
  return async (n, commitId) => {
    const expect: Expectation = shared ? "any" : (head ?? "new");
    const commit = { family: CounterEvents, id, expect, events: [counted(id, n)] };
    const done = await store.publish(commit, { ...budget, ...(commitId && { commitId }) });
    head = done.head;
    return done;
  };
}

/** What was acknowledged and is not stored just as it was told. */
export function lostOf({ acknowledged }: Told, log: readonly LoggedCommit[]): string[] {
  const stored = new Map(log.map((commit) => [commit.frame.commitId, commit]));
  const lost: string[] = [];
  for (const [commitId, { id, sequence, revision }] of acknowledged) {
    const found = stored.get(commitId);
    const last = found && found.frame.firstRevision + found.frame.events.length - 1;
    const same = found?.id === id && found.sequence === sequence && last === revision;
    if (!same) lost.push(`${commitId} of ${id} at ${sequence}: stored at ${found?.sequence}`);
  }
  return lost;
}

/** Commits that are stored and that nobody was told of. */
export function strangersIn(log: readonly LoggedCommit[], { acknowledged }: Told): string[] {
  return log
    .filter(({ frame }) => !acknowledged.has(frame.commitId))
    .map(({ frame, sequence }) => `${frame.commitId} at ${sequence}`);
}
