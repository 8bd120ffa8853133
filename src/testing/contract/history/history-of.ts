import assert from "node:assert/strict";
import type { Commit, EventStore, Sequence } from "../../../event/index.ts";
import { append, sendParcel } from "../append.ts";
import { deposited, type LedgerEvent, LedgerEvents } from "../contract-events.ts";
import { gather } from "../gather.ts";

/** The last commit of a ledger, as the leader has it. */
export async function lastOf(store: EventStore, id = "a"): Promise<Commit<LedgerEvent>> {
  const last = await store.last(LedgerEvents, id, { fresh: "leader" });
  assert.ok(last, `ledger ${id} has a commit`);
  return last;
}

/** What leads to a commit, all of it read: the same with times as without. */
export async function historyOf(
  store: EventStore,
  last: Commit<LedgerEvent>,
  after: Sequence = 0,
): Promise<Commit<LedgerEvent>[]> {
  const what = `the history of ${last.id} after ${after}`;
  const commits = await gather(store.history(last, { after }), what);
  const untimed = await gather(store.history(last, { after, times: false }), what);
  assert.deepEqual(untimed.map(contentOf), commits.map(contentOf));
  return commits;
}

/** Two reads gave the same commits, to the last byte of their contents. */
export function assertSame(read: readonly Commit[], expected: readonly Commit[]): void {
  const facts = (commit: Commit): unknown[] => [commit.timeMs, ...contentOf(commit)];
  assert.deepEqual(read.map(facts), expected.map(facts));
}

function contentOf({ sequence, head, commitId, envelopes }: Commit): unknown[] {
  return [sequence, head, commitId, envelopes.map(({ event }) => event)];
}

/**
 * Write a ledger "a" commit by commit, of 0 to 3 events each, `between` commits of others after
 * each of them.
 */
export async function writeAmong(
  store: EventStore,
  commits: number,
  between: number,
): Promise<void> {
  let expect: Parameters<typeof append>[2] = "new";
  for (let n = 0; n < commits; n++) {
    const events = Array.from({ length: n === 0 ? 1 : n % 4 }, (_, i) => deposited(n + i));
    ({ head: expect } = await append(store, "a", expect, events));
    await Promise.all(Array.from({ length: between }, (_, i) => sendParcel(store, `p-${i}`)));
  }
}
