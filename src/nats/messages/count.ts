import { UnavailableError, type Sequence } from "../../event/index.ts";
import { backOff, checkSequence, deadlineIn, type Selector } from "../../event/backend/index.ts";
import { patienceMs } from "../requests/request.ts";
import { filtersOf, type Stream } from "../stream.ts";
import { fetchPage } from "./page.ts";

/**
 * How many messages of one subject (wildcards allowed) come after a sequence (exclusive), as some
 * replica has them.
 * @throws as {@link fetchPage}
 */
export async function countAfter(
  stream: Stream,
  filter: string,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number> {
  const query = { from: after + 1, filter, batch: 1 };
  const patience = deadlineIn(patienceMs);
  for (let attempt = 0; ; attempt++) {
    const { messages, pending, outcome } = await fetchPage(stream, query, signal);
    if (outcome !== "broken") return messages.length + pending;
    if (patience.leftMs() <= 0) throw new UnavailableError(`no count within ${patienceMs} ms`);
    await backOff(attempt, patience, signal);
  }
}

/** See `Replay.count`. */
export async function countSelected(
  stream: Stream,
  selector: Selector,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number> {
  checkSequence("after", after);
  const filters = filtersOf(stream, selector);
  const counts = await Promise.all(
    filters.map((filter) => countAfter(stream, filter, after, signal)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
