import type { ImportedCommit } from "jetfold";
import { counted, CounterEvents } from "./counter.ts";

/** How many commits are imported, and by how many counters they are made. */
export const importedCommits = 20_000;
export const importedCounters = 700;

/** The source of an import: the same each time, counters taking turns, every third commit of two events. */
export function* countersToImport(): Generator<ImportedCommit> {
  const steps = new Map<string, number>();
  for (let i = 0; i < importedCommits; i++) {
    const id = `counter-${(i * 31) % importedCounters}`;
    const first = (steps.get(id) ?? 0) + 1;
    const events = [counted(id, first)];
    if (i % 3 === 0) events.push(counted(id, first + 1));
    steps.set(id, first + events.length - 1);
    yield { family: CounterEvents, id, events };
  }
}
