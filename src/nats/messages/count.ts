import { type Sequence, UnavailableError } from "../../event/index.ts";
import { backOff, checkSequence, deadlineIn, type Selector } from "../../event/backend/index.ts";
import { patienceMs } from "../requests/request.ts";
import { filtersOf, type Stream } from "../stream.ts";
import { asUnavailable } from "./direct-get.ts";
import { fetchPage } from "./page.ts";

/**
 * How many messages of one subject (wildcards allowed) come after a sequence (exclusive), as some
 * replica has them; undefined when it does not say in time.
 * @throws as {@link fetchPage}
 */
export async function tryCount(
  stream: Stream,
  filter: string,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const query = { from: after + 1, filter, batch: 1 };
  const { messages, pending, outcome } = await fetchPage(stream, query, signal);
  return outcome === "broken" ? undefined : messages.length + pending;
}

/**
 * See `Replay.count`.
 * @throws {@link UnavailableError} when nobody says for 15 s, or the server refuses to
 */
export async function countSelected(
  stream: Stream,
  selector: Selector,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number> {
  checkSequence("after", after);
  const counts = await Promise.all(
    filtersOf(stream, selector).map((filter) => count(stream, filter, after, signal)),
  );
  return counts.reduce((sum, one) => sum + one, 0);
}

async function count(
  stream: Stream,
  filter: string,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number> {
  const patience = deadlineIn(patienceMs);
  for (let attempt = 0; ; attempt++) {
    const counted = await tryCount(stream, filter, after, signal).catch((error: unknown) => {
      throw asUnavailable(error, "a count");
    });
    if (counted !== undefined) return counted;
    if (patience.leftMs() <= 0) throw new UnavailableError(`no count within ${patienceMs} ms`);
    await backOff(attempt, patience, signal);
  }
}
