import {
  type EventStore,
  type Head,
  type Importer,
  ImportMismatchError,
  noHead,
  type Revision,
} from "../event/index.ts";
import { assertStored } from "./assert-stored.ts";
import { type Lane, nameOf, type Waiting } from "./lanes.ts";
import { digestOf, pastOf } from "./past.ts";

/** What the commits of an import are stored with. */
export interface Writing {
  readonly store: Pick<EventStore, "last" | "at" | "replay">;
  readonly importer: Importer;
  readonly signal: AbortSignal;
  /**
   * The aggregates seen last were new, so the next one is appended before it is looked at: one
   * request instead of two. Otherwise it is looked at first, as when an import is resumed.
   */
  expectsNew: boolean;
}

/** How a commit came to be stored: by this call, or before it. */
export type Became = "stored" | "skipped";

/**
 * Store the next commit of an aggregate, unless its events are there already.
 * @throws {@link ConflictError} when somebody else writes this aggregate
 * @throws {@link InvalidInputError} when something else is stored in its place
 */
export function storeCommit(writing: Writing, lane: Lane, waiting: Waiting): Promise<Became> {
  const { head } = lane;
  return head === undefined
    ? storeFirst(writing, lane, waiting)
    : storeNext(writing, lane, head, waiting);
}

/** Find out about an aggregate, by storing its first commit if that can be. */
async function storeFirst(writing: Writing, lane: Lane, waiting: Waiting): Promise<Became> {
  const { store, importer, signal } = writing;
  const { prepared } = waiting;
  let unsure = false;
  if (writing.expectsNew) {
    const first = await importer.appendFirst(prepared);
    if (typeof first === "object") {
      lane.head = first.head;
      return "stored";
    }
    unsure = first === "unknown";
    writing.expectsNew = false;
  }
  signal.throwIfAborted();
  const stored = await store.last(lane.family, lane.id, { fresh: "leader", signal });
  lane.head = stored?.head ?? noHead;
  writing.expectsNew = stored === undefined && !unsure;
  if (lane.head.revision > 0) lane.past = await pastOf(store, lane, stored!, signal);
  const became = await storeNext(writing, lane, lane.head, waiting);
  const mine = stored?.commitId === prepared.content.commitId;
  return unsure && mine && became === "skipped" ? "stored" : became;
}

async function storeNext(
  writing: Writing,
  lane: Lane,
  head: Head,
  waiting: Waiting,
): Promise<Became> {
  if (waiting.first <= head.revision) return skip(writing, lane, head, waiting);
  const { importer, signal } = writing;
  const { head: next, repeated } = await importer.append(waiting.prepared, head, signal);
  lane.head = next;
  return repeated ? "skipped" : "stored";
}

/**
 * Pass over a commit that is stored already. What ends within a stored commit is compared where that
 * ends.
 */
async function skip(
  { store, signal }: Writing,
  lane: Lane,
  { revision }: Head,
  waiting: Waiting,
): Promise<Became> {
  const { prepared, first, last } = waiting;
  const next = lane.past?.next;
  if (next === undefined || next.first > last) throw wasTruncated(lane, waiting);
  if (last < next.last) return "skipped";
  if (last > next.last) throw inTheMiddle(lane, waiting, next.last, revision);
  if (next.first !== first || next.digest !== digestOf(prepared.content)) {
    const found = await store.at(lane.family.of(lane.id), next.sequence, { signal });
    if (found === undefined) throw wasTruncated(lane, waiting);
    assertStored(lane, waiting, found);
  }
  lane.past!.pass();
  if (last === revision) lane.past = undefined;
  return "skipped";
}

/** @param end - where the first stored commit ends that it reaches beyond, `head` the last one */
function inTheMiddle(
  lane: Lane,
  { index, first, last }: Waiting,
  end: Revision,
  head: Revision,
): Error {
  const where =
    last > head ? `is stored up to revision ${head}` : `has a commit up to revision ${end}`;
  const rule = `must end where a stored commit ends: ${nameOf(lane)} ${where}`;
  return new ImportMismatchError(index, `${rule}; it has revisions ${first} to ${last}`);
}

function wasTruncated(lane: Lane, { index, first }: Waiting): Error {
  const detail = `can't be compared: revision ${first} of ${nameOf(lane)} was truncated`;
  return new ImportMismatchError(index, detail);
}
