import type { EventStore, ImportedCommit } from "../../../event/index.ts";
import { type Imported, importCommits, type ImportOptions } from "../../../import/index.ts";
import { deposited, LedgerEvents, ParcelEvents, sent } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { within } from "../within.ts";

/**
 * Histories of so many ledgers and parcels: 1 to `most` commits each, of 1 to 3 events, the
 * aggregates taking turns. No two events are the same.
 */
export function histories(aggregates: number, most: number): ImportedCommit[] {
  const commits: ImportedCommit[] = [];
  for (let turn = 0; turn < most; turn++) {
    for (let n = 0; n < aggregates; n++) {
      if (turn > n % most) continue;
      const id = `h${n}`;
      const count = 1 + ((n + turn) % 3);
      const events = Array.from({ length: count }, (_, i) => deposited(turn * 10 + i));
      const parcel = { family: ParcelEvents, id, events: [sent(`stop ${turn}`)] };
      const booked = { family: LedgerEvents, id, events, metadata: { actor: `turn ${turn}` } };
      commits.push(n % 5 === 4 ? parcel : booked);
    }
  }
  return commits;
}

/** One ledger's history of one deposit a commit: 1 cent, 2 cents … */
export function ledger(id: string, commits: number): ImportedCommit[] {
  return Array.from({ length: commits }, (_, n) => ({
    family: LedgerEvents,
    id,
    events: [deposited(n + 1)],
  }));
}

/** Import, but not for ever. */
export function imported(
  store: EventStore,
  source: Parameters<typeof importCommits>[1],
  options?: ImportOptions,
): Promise<Imported> {
  return within(importCommits(store, source, options), "importing");
}

/** What is stored of each aggregate, commit by commit, in words that can be compared. */
export async function contentsOf(store: EventStore): Promise<Record<string, string[]>> {
  const contents: Record<string, string[]> = {};
  for (const commit of await gather(store.replay([LedgerEvents, ParcelEvents]).commits())) {
    const events = commit.envelopes.map(({ revision, event }) => ({ revision, event }));
    const said = { commitId: commit.commitId, metadata: commit.metadata, events };
    (contents[`${commit.family} ${commit.id}`] ??= []).push(JSON.stringify(said));
  }
  return contents;
}

/** The same words, of what should be stored. */
export function contentsExpected(commits: readonly ImportedCommit[]): Record<string, string[]> {
  const contents: Record<string, string[]> = {};
  const revisions = new Map<string, number>();
  for (const { family, id, events, metadata = {} } of commits) {
    const name = `${family.name} ${id}`;
    const first = (revisions.get(name) ?? 0) + 1;
    revisions.set(name, first + events.length - 1);
    const said = {
      commitId: `import-${first}`,
      metadata,
      events: events.map((event, i) => ({ revision: first + i, event })),
    };
    (contents[name] ??= []).push(JSON.stringify(said));
  }
  return contents;
}
