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
import { Counter, counted, CounterEvents as family } from "./counter.ts";
import type { LoggedCommit } from "./stored-log.ts";
import { until } from "./until.ts";

/** What a writer was told of one commit. */
interface Acknowledged {
  readonly sequence: number;
  readonly revision: number;
}

/** What all writers were told. */
export interface Told {
  /** By id and commit id. */
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

/** What a step was told: its commit id, and the head of each aggregate it wrote to. */
interface Done {
  readonly commitId: string;
  readonly parts: readonly { readonly id: string; readonly head: Head }[];
}

/** How a writer writes its n-th commit, under the commit id of an earlier try if there was one. */
type Step = (n: number, commitId: string | undefined) => Promise<Done>;

/** What a writer does, and whether others write to the same aggregate. */
interface Work {
  readonly step: Step;
  readonly contended: boolean;
}

/**
 * Start writers that write one commit after another until told to stop: of each five one executes
 * and one publishes on an aggregate of its own, one executes and one publishes on a shared one, and
 * one writes transactions of two aggregates of its own and a shared one.
 * @param budgetMs - of every second one; the others have the default
 */
export function startWriters(stores: readonly EventStore[], budgetMs: number): Writers {
  const acknowledged = new Map<string, Acknowledged>();
  const errors: string[] = [];
  const counts = stores.map(() => 0);
  let unknown = 0;
  let unchanged = 0;
  let longestMs = 0;
  let stopped = false;

  function note({ commitId, parts }: Done): void {
    for (const { id, head } of parts) {
      const { sequence, revision } = head;
      const told = acknowledged.get(`${id} ${commitId}`);
      if (told !== undefined) errors.push(`${commitId} of ${id} acknowledged twice`);
      acknowledged.set(`${id} ${commitId}`, { sequence, revision });
    }
  }

  async function work(writer: number, { step, contended }: Work): Promise<void> {
    let sinceMs = performance.now();
    let commitId: string | undefined;
    for (let n = 1; !(stopped && commitId === undefined);) {
      while (counts[writer]! > Math.min(...counts) + lead && !stopped) await delay(2);
      try {
        note(await step(n, commitId));
        longestMs = Math.max(longestMs, performance.now() - sinceMs);
        sinceMs = performance.now();
        commitId = undefined;
        n++;
        counts[writer]!++;
      } catch (error) {
        if (error instanceof UnknownOutcomeError) {
          unknown++;
          ({ commitId } = error);
        } else if (error instanceof UnavailableError) unchanged++;
        else if (contended && error instanceof ConflictError) unchanged++;
        else {
          errors.push(`writer ${writer}: ${String(error)}`);
          return;
        }
      }
    }
  }

  const works = stores.map((store, writer) => {
    const budget = writer % 2 === 0 ? { budgetMs } : {};
    return work(writer, workOf(store, writer, budget));
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

function workOf(store: EventStore, writer: number, budget: Budget): Work {
  const own = `own-${writer}`;
  switch (writer % 5) {
    case 0:
      return { step: executing(store, own, budget), contended: false };
    case 1:
      return { step: publishing(store, own, false, budget), contended: false };
    case 2:
      return { step: executing(store, "shared", budget), contended: true };
    case 3:
      return { step: publishing(store, "shared", true, budget), contended: true };
    default:
      return { step: transacting(store, own, budget), contended: false };
  }
}

function executing(store: EventStore, id: string, budget: Budget): Step {
  return async (n, given) => {
    const options = { ...budget, ...(given && { commitId: given }) };
    const { commitId, head } = await execute(store, Counter, id, { by: id, step: n }, options);
    return { commitId: commitId!, parts: [{ id, head }] };
  };
}

function publishing(store: EventStore, id: string, shared: boolean, budget: Budget): Step {
  let head: Head | undefined;
  return async (n, given) => {
    const expect: Expectation = shared ? "any" : (head ?? "new");
    const commit = { family, id, expect, events: [counted(id, n)] };
    const done = await store.publish(commit, { ...budget, ...(given && { commitId: given }) });
    ({ head } = done);
    return { commitId: done.commitId, parts: [{ id, head }] };
  };
}

function transacting(store: EventStore, own: string, budget: Budget): Step {
  const ids = [`${own}-a`, `${own}-b`, "shared-by-transactions"] as const;
  let heads: readonly Head[] = [];
  return async (n, given) => {
    const commits = ids.map((id, i) => {
      const expect: Expectation = i === 2 ? "any" : (heads[i] ?? "new");
      return {
        family,
        id,
        expect,
        events: [counted(id, n), counted(own, n)].slice(0, 1 + (i % 2)),
      };
    });
    const options = { ...budget, ...(given && { commitId: given }) };
    const published = await store.transact(commits, options);
    heads = published.map(({ head }) => head);
    const parts = ids.map((id, i) => ({ id, head: heads[i]! }));
    return { commitId: published[0]!.commitId, parts };
  };
}

/** What was acknowledged and is not stored just as it was told. */
export function lostOf({ acknowledged }: Told, log: readonly LoggedCommit[]): string[] {
  const stored = new Map(log.map((commit) => [keyOf(commit), commit]));
  const lost: string[] = [];
  for (const [key, { sequence, revision }] of acknowledged) {
    const found = stored.get(key);
    const last = found && found.frame.firstRevision + found.frame.events.length - 1;
    const same = found?.sequence === sequence && last === revision;
    if (!same) lost.push(`${key} at ${sequence}: stored at ${found?.sequence}`);
  }
  return lost;
}

/** Commits that are stored and that nobody was told of. */
export function strangersIn(log: readonly LoggedCommit[], { acknowledged }: Told): string[] {
  return log
    .filter((commit) => !acknowledged.has(keyOf(commit)))
    .map((commit) => `${keyOf(commit)} at ${commit.sequence}`);
}

function keyOf({ id, frame }: LoggedCommit): string {
  return `${id} ${frame.commitId}`;
}
