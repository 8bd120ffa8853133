import { isJetfoldError, type Sequence } from "../../event/index.ts";
import type { Deadline, Selector, StoredMessage } from "../../event/backend/index.ts";
import { type Stream, subjectOf } from "../stream.ts";
import { leaderGet } from "./leader-get.ts";
import { pagesOf } from "./pages.ts";

/** Many aggregates of one family. */
export interface Many {
  readonly family: string;
  readonly ids: ReadonlySet<string>;
}

/** What is asked of them, and how long that may take. */
export interface ManyRead {
  readonly stream: Stream;
  readonly signal: AbortSignal | undefined;
  readonly deadline: Deadline | undefined;
}

/** The aggregates that a selection names, by family; undefined for a family that is selected whole. */
export function namedIn(selector: Selector, family: string): Many | undefined {
  const ids = selector.ids.get(family);
  const whole = selector.families.get(family)?.some(({ id }) => id === undefined);
  return ids === undefined || whole ? undefined : { family, ids: new Set(ids.keys()) };
}

/** How far back is looked at first. */
const firstStretch = 1_000;

/**
 * The last message of many aggregates, from the leader: read back from the family's last one, as long
 * as that is less than asking for each of them.
 */
export async function lastOfMany(read: ManyRead, many: Many): Promise<StoredMessage | undefined> {
  const { stream, signal, deadline } = read;
  const filter = subjectOf(stream, many.family, "*");
  const newest = await leaderGet(stream, { last_by_subj: filter }, signal, deadline);
  if (newest === undefined || many.ids.has(newest.id)) return newest;
  let seen = 0;
  let before = newest.sequence;
  for (let length = firstStretch; before > 0 && seen < many.ids.size; length *= 2) {
    const after = Math.max(0, before - length);
    let last: StoredMessage | undefined;
    const whole = await eachOf(read, many, after, before, (message) => {
      seen++;
      if (many.ids.has(message.id)) last = message;
    });
    if (!whole) break;
    if (last !== undefined) return last;
    before = after;
  }
  return before === 0 ? undefined : newestOf(await lastOfEach(read, many));
}

/**
 * Visit a family's messages in a stretch: after a sequence (exclusive), up to one (inclusive) and a
 * few beyond it.
 * @returns false when pages do not show all of them, or may not be asked for
 */
export async function eachOf(
  { stream, signal, deadline }: ManyRead,
  { family }: Many,
  after: Sequence,
  bound: Sequence,
  visit: (message: StoredMessage) => void,
): Promise<boolean> {
  const pages = pagesOf(stream, subjectOf(stream, family, "*"), after, bound, signal, deadline);
  try {
    for (;;) {
      const next = await pages.next();
      if (next.done) return next.value === undefined;
      next.value.forEach(visit);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (isJetfoldError(error, "unavailable") && (deadline?.leftMs() ?? 1) > 0) return false;
    throw error;
  } finally {
    await pages.return(undefined);
  }
}

/** So many are asked for at once: whoever else asks does not wait long. */
const atOnce = 250;

/** What is found for each of many, some at a time. */
export async function forEachOf<T>(
  { ids }: Many,
  ask: (id: string) => Promise<T>,
): Promise<readonly T[]> {
  const found: T[] = [];
  const all = [...ids];
  for (let i = 0; i < all.length; i += atOnce) {
    found.push(...(await Promise.all(all.slice(i, i + atOnce).map(ask))));
  }
  return found;
}

function lastOfEach(
  { stream, signal, deadline }: ManyRead,
  many: Many,
): Promise<readonly (StoredMessage | undefined)[]> {
  return forEachOf(many, (id) => {
    const query = { last_by_subj: subjectOf(stream, many.family, id) };
    return leaderGet(stream, query, signal, deadline);
  });
}

function newestOf(messages: readonly (StoredMessage | undefined)[]): StoredMessage | undefined {
  let newest: StoredMessage | undefined;
  for (const message of messages) {
    if (message !== undefined && message.sequence > (newest?.sequence ?? 0)) newest = message;
  }
  return newest;
}
