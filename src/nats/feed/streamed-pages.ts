import { type Sequence, UnavailableError } from "../../event/index.ts";
import {
  backOff,
  type Deadline,
  deadlineIn,
  onAbort,
  type StoredMessage,
} from "../../event/backend/index.ts";
import { leaderGet } from "../messages/leader-get.ts";
import { asConfigError } from "../requests/api.ts";
import { patienceMs } from "../requests/request.ts";
import type { Stream } from "../stream.ts";
import { type Feed, type FeedOptions, openFeed } from "./feed.ts";

/** What of a stream is read to its end by a feed. */
export interface StreamedRead extends Pick<FeedOptions, "filters" | "select" | "after"> {
  /** Inclusive. */
  readonly bound: Sequence;
}

/** How often an idle server says so: the end of a history whose bound was purged waits for it. */
const heartbeatMs = 500;

/**
 * The selected messages after a sequence (exclusive) as a feed delivers them, oldest first, up to a
 * bound (inclusive) and a few beyond it. Ends at the first message at or above the bound, or when
 * the leader has nothing more below it. The server's consumer is deleted at the end.
 * @throws {@link UnavailableError} when nothing arrives for 15 s; {@link ConfigError} when the
 *   server refuses a consumer; the signal's reason when aborted
 */
export async function* streamedPages(
  stream: Stream,
  read: StreamedRead,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredMessage[], void, undefined> {
  let after = read.after;
  let patience = deadlineIn(patienceMs);
  for (let attempt = 0; ; attempt++) {
    const feed = await tryOpen(stream, { ...read, after, heartbeatMs }, signal, patience);
    for await (const page of pagesOfFeed(stream, feed, read, after, signal)) {
      yield page;
      after = page.at(-1)!.sequence;
      patience = deadlineIn(patienceMs);
      attempt = 0;
    }
    if (after >= read.bound || !(await isLeft(stream, read, after, signal, patience))) return;
    signal.throwIfAborted();
    if (patience.leftMs() <= 0) throw new UnavailableError(`nothing came for ${patienceMs} ms`);
    await backOff(attempt, patience, signal);
  }
}

async function tryOpen(
  stream: Stream,
  options: FeedOptions,
  signal: AbortSignal,
  patience: Deadline,
): Promise<Feed> {
  try {
    return await openFeed(stream, options, signal, patience);
  } catch (error) {
    throw asConfigError(error, `reading "${stream.name}"`);
  }
}

/** What one feed delivers, until it has delivered all or is broken. */
async function* pagesOfFeed(
  stream: Stream,
  feed: Feed,
  read: StreamedRead,
  after: Sequence,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredMessage[], void, undefined> {
  const stopListening = onAbort(signal, () => void feed.close());
  try {
    for (let position = after; ;) {
      const { messages, idleAt } = await feed.take();
      signal.throwIfAborted();
      if (messages.length > 0) yield messages;
      position = Math.max(position, messages.at(-1)?.sequence ?? 0, idleAt ?? 0);
      if (position >= read.bound) return;
      if (idleAt !== undefined && !(await isLeft(stream, read, position, signal))) return;
      if (feed.failure !== undefined) throw feed.failure;
      if (feed.broken && messages.length === 0) return;
    }
  } finally {
    stopListening();
    const closed = feed.close();
    if (!signal.aborted) await closed;
  }
}

/** Has the leader anything selected after a position, up to the bound? */
async function isLeft(
  stream: Stream,
  { filters, bound }: StreamedRead,
  position: Sequence,
  signal: AbortSignal,
  patience?: Deadline,
): Promise<boolean> {
  const asked = filters.length === 0 ? [">"] : filters;
  const next = await Promise.all(
    asked.map((filter) => {
      const query = { seq: position + 1, next_by_subj: filter };
      return leaderGet(stream, query, signal, patience);
    }),
  );
  return next.some((message) => message !== undefined && message.sequence <= bound);
}
