import {
  type Commit,
  CorruptError,
  type Delivery,
  type DomainEvent,
  type Sequence,
  UnavailableError,
} from "../event/index.ts";
import { backOff, CommitReader, deadlineIn, readPages, onAbort } from "../event/backend/index.ts";
import { apiCodes, ApiError, asConfigError } from "./requests/api.ts";
import { assertSameStream } from "./identity.ts";
import { type LiveFeed, openLiveFeed } from "./feed/live-feed.ts";
import { pagesOf } from "./messages/pages.ts";
import { endOf, type StreamReplay } from "./replay.ts";
import { patienceMs } from "./requests/request.ts";
import { filtersOf } from "./stream.ts";

/** What a subscription needs to know. */
export interface StreamSubscription extends StreamReplay {
  readonly storeId: string;
  /** Called with what must be over before the store is closed. */
  readonly track: (work: Promise<unknown>) => void;
}

/**
 * See `Subscribe.subscribe`: history by pages up to the end as it is now, then a live feed from
 * there. Ends without an error when the signal aborts.
 */
export async function* subscribeStream<Event extends DomainEvent>(
  of: StreamSubscription,
  start: Promise<Sequence>,
): AsyncGenerator<Delivery<Event>, void, undefined> {
  const { stream, selector, codecs, poison, signal } = of;
  try {
    const after = await start;
    const reader = new CommitReader<Event>(selector, codecs, poison, after === 0);
    const bound = await endOf(stream, selector, signal);
    let last: Commit<Event> | undefined;
    const pages = pagesOf(stream, selector, after, bound, signal);
    const history = readPages(pages, reader, { sequence: bound, timeMs: Infinity, signal });
    for await (const commit of history) yield (last = commit);
    const position = Math.max(after, bound);
    yield { kind: "mark", sequence: position, caughtUp: true };
    yield* live(of, reader, position, last);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** One feed after another, each from after the last message of the one before. */
async function* live<Event extends DomainEvent>(
  of: StreamSubscription,
  reader: CommitReader<Event>,
  from: Sequence,
  lastCommit: Commit<Event> | undefined,
): AsyncGenerator<Delivery<Event>, void, undefined> {
  let position = from;
  let last = lastCommit;
  while (!of.signal.aborted) {
    const feed = await reopenFeed(of, position, last);
    const stopListening = onAbort(of.signal, () => of.track(feed.close()));
    try {
      for await (const delivery of deliveriesOf(feed, reader, position)) {
        position = delivery.sequence;
        if (delivery.kind === "commit") last = delivery;
        yield delivery;
        if (of.signal.aborted) return;
      }
    } finally {
      stopListening();
      await feed.close();
    }
  }
}

/** What one feed delivers, until it breaks. */
async function* deliveriesOf<Event extends DomainEvent>(
  feed: LiveFeed,
  reader: CommitReader<Event>,
  from: Sequence,
): AsyncGenerator<Delivery<Event>, void, undefined> {
  let position = from;
  for (;;) {
    const items = await feed.take();
    let marked = position;
    for (const item of items) {
      if ("idleAt" in item) position = Math.max(position, item.idleAt);
      else {
        position = item.sequence;
        const commit = reader.read(item);
        if (commit === undefined) continue;
        yield commit;
        marked = position;
      }
    }
    if (position > marked) yield { kind: "mark", sequence: position, caughtUp: true };
    if (items.length > 0 || !feed.broken) continue;
    if (feed.failure !== undefined) throw feed.failure;
    return;
  }
}

/** Tries for as long as the connection does; a stream that stays away is an error. */
async function reopenFeed(
  { stream, storeId, selector, signal }: StreamSubscription,
  after: Sequence,
  last: Commit | undefined,
): Promise<LiveFeed> {
  let patience = deadlineIn(patienceMs);
  for (let attempt = 0; ; attempt++) {
    try {
      await assertSameStream(stream, storeId, after, last, signal);
      return await openLiveFeed(stream, filtersOf(stream, selector), after, signal);
    } catch (error) {
      if (error instanceof UnavailableError && !stream.connection.isClosed()) {
        patience = deadlineIn(patienceMs);
      } else if (!(error instanceof ApiError)) {
        throw error;
      } else if (patience.leftMs() <= 0) {
        const at = { sequence: after, subject: stream.name };
        if (error.code === apiCodes.streamNotFound)
          throw new CorruptError(at, "the stream is gone");
        throw asConfigError(error, `subscribing to "${stream.name}"`);
      }
    }
    await backOff(attempt, patience, signal);
  }
}
