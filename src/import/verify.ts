import {
  type Commit,
  CorruptError,
  type EventStore,
  ImportMismatchError,
  isJetfoldError,
} from "../event/index.ts";
import { backOff, deadlineIn } from "../event/backend/index.ts";
import type { Halt } from "./halt.ts";
import { type Lane, type Lanes, nameOf } from "./lanes.ts";
import type { Progress } from "./progress.ts";

/** What an import is compared with. */
export type Stored = Pick<EventStore, "last" | "replay" | "end">;

/** How many single reads are under way at once. */
const atOnce = 128;

/** How many commits are replayed in the time of one single read from the leader, as a rule. */
const replayedPerRead = 8;

/** How long a leader is asked again that shows less than it acknowledged: it may be deposed. */
const patienceMs = 15_000;

/**
 * Compare the head of every aggregate with the store: by one replay of what was written since the
 * oldest of these heads where that is shorter, and one by one from the leader for all the rest.
 * @throws {@link CorruptError} when something that was stored is not there
 * @throws {@link InvalidInputError} when an aggregate has more events than the source
 */
export async function verify(
  store: Stored,
  lanes: Lanes,
  progress: Progress,
  halt: Halt,
): Promise<void> {
  for (const lane of lanes) if (lane.head!.revision > lane.given) throw surplus(lane);
  await halt.orHalt(replayHeads(store, lanes, progress, halt.signal));
  const left = lanes[Symbol.iterator]() as IterableIterator<Lane>;
  const read = async (): Promise<void> => {
    // One that throws ends the iterator for all.
    for (const lane of left) {
      if (lane.verified) continue;
      await readHead(store, lane, halt.signal);
      progress.verified++;
      progress.changed();
    }
  };
  await halt.orHalt(Promise.all(Array.from({ length: atOnce }, read)));
}

async function replayHeads(
  store: Stored,
  lanes: Lanes,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { families } = lanes;
  if (families.length === 0) return;
  let first = Infinity;
  for (const { head } of lanes) first = Math.min(first, head!.sequence);
  const end = await store.end(families, { signal });
  if (end - first >= replayedPerRead * lanes.size) return;
  try {
    const bounds = { after: first - 1, poison: "skip", signal } as const;
    for await (const commit of store.replay(families, bounds).commits()) {
      const lane = lanes.find(commit.family, commit.id);
      if (lane !== undefined) compare(lane, commit, progress);
    }
  } catch (error) {
    // Somebody truncates an aggregate meanwhile; the single reads tell whether it is one of these.
    if (!isJetfoldError(error, "truncated")) throw error;
  }
}

function compare(lane: Lane, commit: Commit, progress: Progress): void {
  const { head } = lane;
  if (commit.sequence < head!.sequence) return;
  const before = lane.verified;
  // What comes behind it is looked at by a single read.
  lane.verified = isHead(lane, commit);
  if (lane.verified === before) return;
  progress.verified += lane.verified ? 1 : -1;
  progress.changed();
}

async function readHead(store: Stored, lane: Lane, signal: AbortSignal): Promise<void> {
  const { family, id, head } = lane;
  const deadline = deadlineIn(patienceMs);
  for (let attempt = 0; ; attempt++) {
    const last = await store.last(family, id, { fresh: "leader", signal });
    if (last !== undefined && isHead(lane, last)) return;
    const at = { kind: "commit", family: family.name, id, sequence: head!.sequence } as const;
    if (last !== undefined && last.sequence >= head!.sequence) {
      // A commit without events behind it, or a base, changes nothing that was imported.
      if (last.sequence > head!.sequence && last.lastRevision === lane.given) return;
      if (last.lastRevision > lane.given) throw surplus(lane, last.lastRevision);
      throw new CorruptError(at, "another commit is stored than was imported");
    }
    if (deadline.leftMs() <= 0) throw new CorruptError(at, "it was imported and is not there");
    await backOff(attempt, deadline, signal);
  }
}

function isHead({ head }: Lane, { sequence, frame, lastRevision }: Commit): boolean {
  return (
    sequence === head!.sequence &&
    frame.checksum === head!.checksum &&
    lastRevision === head!.revision
  );
}

function surplus(lane: Lane, revision: number = lane.head!.revision): ImportMismatchError {
  const rule = `must hold every event of ${nameOf(lane)}, which has ${revision}: somebody else wrote`;
  return new ImportMismatchError(undefined, `${rule}; the source has ${lane.given} of them`);
}
