import { ClosedError, type Sequence, UnavailableError } from "../../event/index.ts";
import {
  backOff,
  type Deadline,
  deadlineIn,
  type StoredMessage,
} from "../../event/backend/index.ts";
import { leaderGet } from "./leader-get.ts";
import { asUnavailable } from "./direct-get.ts";
import { fetchPage, type Page } from "./page.ts";
import { patienceMs } from "../requests/request.ts";
import type { Stream } from "../stream.ts";

/**
 * After so many pages in a row that a mirror answered, or that ended before the leader's did, the rest
 * is asked elsewhere. With one mirror beside one server, half of all pages are the stream's own.
 */
const maxDoubts = 8;

/**
 * The messages that match a filter after a sequence (exclusive), in pages, oldest first, up to a
 * bound (inclusive) and a few beyond it.
 *
 * A replica that lags ends too early: when one has no more below the bound, the leader has the
 * last word. So a purged bound ends the read, and a slow follower does not.
 *
 * @param limit - ends all of it @default 15 s for each page
 * @returns undefined when that was all; else the sequence after which the rest is to be read in
 *   another way, since those who answer pages do not hold it
 * @throws {@link UnavailableError} when nothing arrives for 15 s
 */
export async function* pagesOf(
  stream: Stream,
  filter: string,
  after: Sequence,
  bound: Sequence,
  signal: AbortSignal | undefined,
  limit?: Deadline,
): AsyncGenerator<readonly StoredMessage[], Sequence | undefined, undefined> {
  let next = after + 1;
  let deadline = limit ?? deadlineIn(patienceMs);
  let doubts = 0;
  for (let attempt = 0; next <= bound;) {
    if (doubts === maxDoubts) return next - 1;
    const { messages, outcome } = await tryPage(stream, filter, next, signal);
    if (messages.length > 0) {
      yield messages;
      next = messages.at(-1)!.sequence + 1;
      attempt = 0;
      doubts = 0;
      deadline = limit ?? deadlineIn(patienceMs);
    }
    if (next > bound || (outcome === "more" && messages.length > 0)) continue;
    if (outcome === "broken") {
      await waitForServer(stream, attempt++, deadline, signal);
      continue;
    }
    doubts++;
    if (outcome === "mirror") continue;
    const query = { seq: next, next_by_subj: filter };
    const straggler = await leaderGet(stream, query, signal, limit);
    if (straggler === undefined) return undefined;
    yield [straggler];
    next = straggler.sequence + 1;
  }
  return undefined;
}

/** The messages of one subject after a sequence (exclusive), up to its last one as the leader has it. */
export async function* pagesAfter(
  stream: Stream,
  subject: string,
  after: Sequence,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly StoredMessage[], void, undefined> {
  const last = await leaderGet(stream, { last_by_subj: subject }, signal);
  if (last === undefined || last.sequence <= after) return;
  const rest = yield* pagesOf(stream, subject, after, last.sequence, signal);
  if (rest !== undefined) yield* singlesOf(stream, subject, rest, last.sequence, signal);
}

/** The same by one request to the leader for each message: slow, and needs no other right. */
export async function* singlesOf(
  stream: Stream,
  filter: string,
  after: Sequence,
  bound: Sequence,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly StoredMessage[], void, undefined> {
  for (let next = after + 1; next <= bound;) {
    const message = await leaderGet(stream, { seq: next, next_by_subj: filter }, signal);
    if (message === undefined) return;
    yield [message];
    next = message.sequence + 1;
  }
}

async function tryPage(
  stream: Stream,
  filter: string,
  from: Sequence,
  signal: AbortSignal | undefined,
): Promise<Page> {
  try {
    return await fetchPage(stream, { from, filter }, signal);
  } catch (error) {
    throw asUnavailable(error, "a page");
  }
}

async function waitForServer(
  { connection, replicas }: Stream,
  attempt: number,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (connection.isClosed()) throw new ClosedError("the NATS connection is closed");
  if (deadline.leftMs() <= 0) {
    const hint = replicas.unserved ? ": nobody serves direct gets (is allow_direct off?)" : "";
    throw new UnavailableError(`no page within ${patienceMs} ms${hint}`);
  }
  await backOff(attempt, deadline, signal);
}
