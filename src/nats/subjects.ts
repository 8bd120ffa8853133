import type { StreamInfo } from "@nats-io/jetstream";
import { type Family, UnavailableError } from "../event/index.ts";
import {
  type Batches,
  checkFamily,
  type Deadline,
  type endingWith,
  flatten,
  isName,
  same,
} from "../event/backend/index.ts";
import { callApi } from "./requests/api.ts";
import { parseSubject, type Stream, subjectOf } from "./stream.ts";

/** See `Replay.ids`. */
export function idsOf(
  stream: Stream,
  family: Family,
  ending: ReturnType<typeof endingWith>,
  ready: () => Deadline | Promise<Deadline>,
): AsyncIterable<string> {
  return flatten(idPages(stream, family, ending.signal, ready), same, ending);
}

async function* idPages(
  stream: Stream,
  family: Family,
  signal: AbortSignal,
  ready: () => Deadline | Promise<Deadline>,
): Batches<string> {
  await ready();
  const all = subjectOf(stream, checkFamily(family), "*");
  for await (const subjects of subjectsOf(stream, all, signal)) {
    yield subjects.map((subject) => parseSubject(stream, subject).id).filter(isName);
  }
}

/**
 * The subjects of a stream that match a filter and hold a message, sorted, each once: all of those
 * that hold one from the first page to the last, and some of the others.
 *
 * A page is asked for by how many come before it, so what goes or comes meanwhile moves it. One that
 * begins at or before the last subject given has skipped nothing; any other is asked for again from
 * further back.
 * @throws {@link UnavailableError} when they change faster than they can be listed
 */
export async function* subjectsOf(
  stream: Stream,
  filter: string,
  signal?: AbortSignal,
): Batches<string> {
  let last = "";
  let offset = 0;
  let back = 0;
  for (let vain = 0; vain < maxVain;) {
    const { subjects, total } = await pageAt(stream, filter, offset, signal);
    if (total === 0) return;
    const before = last;
    const [first] = subjects;
    if (offset === 0 || (first !== undefined && first <= last)) {
      const more = subjects.filter((subject) => subject > before);
      last = more.at(-1) ?? last;
      if (more.length > 0) yield more;
      signal?.throwIfAborted();
      const end = offset + subjects.length;
      if (end >= total) return;
      back = Math.ceil(subjects.length * overlap);
      offset = end - back;
    } else {
      offset = Math.max(0, Math.min(offset, total) - back);
      back *= 2;
    }
    if (last === before) vain++;
  }
  throw new UnavailableError(`the subjects of "${stream.name}" change faster than they are listed`);
}

/** This share of a page is asked for again with the next one: so many may go meanwhile at no cost. */
const overlap = 0.01;

/** How many pages may bring nothing new. */
const maxVain = 100;

/** A page of subjects, and how many there were in all when it was made. */
interface SubjectPage {
  readonly subjects: readonly string[];
  readonly total: number;
}

/** `STREAM.INFO` with a `subjects_filter` (nats-server 2.15: 100,000 a page, cut from a sorted list). */
async function pageAt(
  stream: Stream,
  filter: string,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<SubjectPage> {
  const body = { subjects_filter: filter, offset };
  const call = `STREAM.INFO.${stream.name}`;
  const { state, total = 0 } = await callApi<SubjectsInfo>(stream, call, body, signal);
  return { subjects: Object.keys(state.subjects ?? {}).sort(byCodeUnits), total };
}

/** The server tells the number of all subjects beside a page of them; not when there are none. */
type SubjectsInfo = Pick<StreamInfo, "state"> & {
  readonly total?: number;
};

/** As Go compares strings of ASCII, which is how the server sorts them. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : 1;
}
