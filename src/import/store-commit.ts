import {
  type EventStore,
  type Head,
  type Importer,
  InvalidInputError,
  noHead,
} from "../event/index.ts";
import { assertStored } from "./assert-stored.ts";
import { type Lane, nameOf, type Waiting } from "./lanes.ts";

/** What the commits of an import are stored with. */
export interface Writing {
  readonly store: Pick<EventStore, "last" | "at">;
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
  if (lane.head.revision !== waiting.last) return storeNext(writing, lane, lane.head, waiting);
  await assertStored(store, lane, waiting, stored, signal);
  return unsure && stored!.commitId === prepared.content.commitId ? "stored" : "skipped";
}

async function storeNext(
  { store, importer, signal }: Writing,
  lane: Lane,
  head: Head,
  waiting: Waiting,
): Promise<Became> {
  const { prepared, first, last } = waiting;
  if (last < head.revision) return "skipped";
  if (last === head.revision) {
    const stored = await store.at(lane.family.of(lane.id), head.sequence, { signal });
    await assertStored(store, lane, waiting, stored, signal);
    return "skipped";
  }
  if (first <= head.revision) throw inTheMiddle(lane, waiting, head.revision);
  lane.head = (await importer.append(prepared, head, signal)).head;
  return "stored";
}

function inTheMiddle(lane: Lane, { index, first, last }: Waiting, revision: number): Error {
  const rule = `must end where a stored commit ends: ${nameOf(lane)} is stored up to revision ${revision}`;
  const value = `a commit of revisions ${first} to ${last}`;
  return new InvalidInputError(`source[${index}].events`, rule, value);
}
