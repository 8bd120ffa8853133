import { type Sequence, UnavailableError } from "../../event/index.ts";
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
 * The messages that match a filter after a sequence (exclusive), in pages, oldest first, up to a
 * bound (inclusive) and a few beyond it.
 *
 * A replica that lags ends too early: when one has no more below the bound, the leader has the
 * last word. So a purged bound ends the read, and a slow follower does not.
 *
 * @throws {@link UnavailableError} when nothing arrives for 15 s
 */
export async function* pagesOf(
  stream: Stream,
  filter: string,
  after: Sequence,
  bound: Sequence,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly StoredMessage[], void, undefined> {
  let next = after + 1;
  let deadline = deadlineIn(patienceMs);
  for (let attempt = 0; next <= bound;) {
    const page = await tryPage(stream, filter, next, signal);
    if (page.messages.length > 0) {
      yield page.messages;
      next = page.messages.at(-1)!.sequence + 1;
      attempt = 0;
      deadline = deadlineIn(patienceMs);
    }
    const progress = page.outcome === "more" && page.messages.length > 0;
    if (next > bound || progress) continue;
    if (page.outcome === "broken") {
      await waitForServer(stream, attempt++, deadline, signal);
      continue;
    }
    const straggler = await leaderGet(stream, { seq: next, next_by_subj: filter }, signal);
    if (straggler === undefined) return;
    yield [straggler];
    next = straggler.sequence + 1;
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
  { connection }: Stream,
  attempt: number,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (connection.isClosed())
    throw new UnavailableError("the NATS connection is closed", { final: true });
  if (deadline.leftMs() <= 0) throw new UnavailableError(`no page within ${patienceMs} ms`);
  await backOff(attempt, deadline, signal);
}
