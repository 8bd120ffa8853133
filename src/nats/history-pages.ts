import { ConfigError, type Sequence } from "../event/index.ts";
import type { Selector, StoredMessage } from "../event/backend/index.ts";
import { streamedPages } from "./feed/streamed-pages.ts";
import { DirectGetError } from "./messages/direct-get.ts";
import { fetchPage } from "./messages/page.ts";
import { mergePages } from "./messages/merge-pages.ts";
import { pagesOf } from "./messages/pages.ts";
import { filtersOf, type Stream, subjectSelect } from "./stream.ts";

/** A stretch of history of a selection. */
export interface HistoryRead {
  readonly stream: Stream;
  readonly selector: Selector;
  /** Exclusive. */
  readonly after: Sequence;
  /** Inclusive. */
  readonly bound: Sequence;
  readonly signal: AbortSignal;
}

/**
 * The messages of a selection in a stretch of history (and others, and a few beyond it), oldest
 * first, by the fastest way there is. On nats-server 2.15 a consumer without a filter delivers 400
 * to 650 thousand messages a second, one with a wildcard filter over 3,000 subjects 25 to 50
 * thousand, one with two such filters 1 to 4 thousand. So:
 * - a short stretch, or one aggregate: pages by direct get, which need no consumer
 * - a selection that is a fair share of it: a consumer without a filter, and the rest is dropped
 * - a small share: pages with a server's filter, one run of pages for each family, merged
 */
export async function* historyPages(
  read: HistoryRead,
): AsyncGenerator<readonly StoredMessage[], void, undefined> {
  const { stream, selector, after, bound, signal } = read;
  const filters = filtersOf(stream, selector);
  const short = selector.single !== undefined || bound - after <= shortStretch;
  const whole = !short && (await isFairShare(read, filters));
  if (whole) {
    const select = subjectSelect(stream, selector);
    const pages = streamedPages(stream, { filters: [], select, after, bound }, signal);
    const begun = await begin(pages);
    if (begun !== undefined) return yield* begun;
  }
  const all = filters.length > 1 && (short || whole || filters.length > maxRuns);
  const runs = (all ? [">"] : filters).map((filter) =>
    pagesOf(stream, filter, after, bound, signal),
  );
  yield* runs.length === 1 ? runs[0]! : mergePages(runs);
}

/** So few sequences are read by pages at once, without a plan. */
const shortStretch = 3_000;

/** At most so many runs of pages are merged. */
const maxRuns = 16;

/** From this share on, reading all and dropping the rest is faster than a server's filter. */
const fairShare = 1 / 16;

async function isFairShare(
  { stream, after, signal }: HistoryRead,
  filters: readonly string[],
): Promise<boolean> {
  if (filters.length > maxRuns) return true;
  const [all = 0, ...selected] = await Promise.all(
    [undefined, ...filters].map((filter) => countAfter(stream, filter, after, signal)),
  );
  return selected.reduce((sum, count) => sum + count, 0) >= all * fairShare;
}

/** How many messages match after a sequence, as some replica has them; 0 when it does not tell. */
async function countAfter(
  stream: Stream,
  filter: string | undefined,
  after: Sequence,
  signal: AbortSignal,
): Promise<number> {
  const query = { from: after + 1, batch: 1, ...(filter !== undefined && { filter }) };
  try {
    const { messages, pending } = await fetchPage(stream, query, signal);
    return messages.length + pending;
  } catch (error) {
    if (error instanceof DirectGetError) return 0;
    throw error;
  }
}

/** The same pages, begun; undefined when the connection may not have a consumer of the whole stream. */
async function begin<Page>(
  pages: AsyncGenerator<Page, void, undefined>,
): Promise<AsyncGenerator<Page, void, undefined> | undefined> {
  try {
    const first = await pages.next();
    return resumed(first, pages);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

async function* resumed<Page>(
  first: IteratorResult<Page, void>,
  pages: AsyncGenerator<Page, void, undefined>,
): AsyncGenerator<Page, void, undefined> {
  try {
    if (first.done) return;
    yield first.value;
    yield* pages;
  } finally {
    await pages.return();
  }
}
