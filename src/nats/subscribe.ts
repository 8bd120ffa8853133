import {
  type Commit,
  CorruptError,
  type Delivery,
  type DomainEvent,
  type Sequence,
  UnavailableError,
} from "../event/index.ts";
import {
  backOff,
  type Batches,
  CommitReader,
  deadlineIn,
  onAbort,
  readPages,
  type StoredMessage,
} from "../event/backend/index.ts";
import { apiCodes, ApiError, asConfigError } from "./requests/api.ts";
import { assertSameStream, lastSequence } from "./identity.ts";
import { type Feed, openFeed } from "./feed/feed.ts";
import { historyPages } from "./history-pages.ts";
import { endOf, type StreamReplay } from "./replay.ts";
import { patienceMs } from "./requests/request.ts";
import { filtersOf, type Stream, subjectSelect } from "./stream.ts";

/** What a subscription needs to know. */
export interface StreamSubscription extends StreamReplay {
  readonly storeId: string;
  /** Tells `SubscribeOptions.onOutage`. */
  readonly outage: (cause: Error | undefined) => void;
  /** Called with what must be over before the store is closed. */
  readonly track: (work: Promise<unknown>) => void;
}

/**
 * See `Subscribe.subscribe`: history up to the end as it is now, then a live feed from there. Ends
 * without an error when the signal aborts.
 */
export async function* subscribeStream<Event extends DomainEvent>(
  of: StreamSubscription,
  start: Promise<Sequence>,
): Batches<Delivery<Event>> {
  const { stream, selector, codecs, poison, signal } = of;
  try {
    const after = await start;
    const reader = new CommitReader<Event>(selector, codecs, poison, after === 0);
    const bound = await endOf(stream, selector, signal);
    let last: Commit<Event> | undefined;
    const pages = historyPages({ stream, selector, after, bound, signal });
    for await (const commits of readPages(pages, reader, { sequence: bound, timeMs, signal })) {
      last = commits.at(-1);
      yield commits;
    }
    const position = Math.max(after, bound);
    yield [{ kind: "mark", sequence: position, caughtUp: true }];
    yield* live(of, reader, position, last);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The sequence after which a subscription begins; asked for at once, and thrown when it is read. */
export function startOf(
  stream: Stream,
  after: Sequence | "new",
  signal: AbortSignal,
): Promise<Sequence> {
  const start = after === "new" ? lastSequence(stream, signal) : Promise.resolve(after);
  start.catch(() => undefined);
  return start;
}

/** History is read whatever its times. */
const timeMs = Infinity;

/** How often the server says that it lives when there is nothing to deliver. */
const heartbeatMs = 1_000;

/** One feed after another, each from after the last message of the one before. */
async function* live<Event extends DomainEvent>(
  of: StreamSubscription,
  reader: CommitReader<Event>,
  from: Sequence,
  lastCommit: Commit<Event> | undefined,
): Batches<Delivery<Event>> {
  let position = from;
  let last = lastCommit;
  let told = false;
  const tell = (cause: Error | undefined): void => {
    if (cause === undefined && !told) return;
    told = cause !== undefined;
    of.outage(cause);
  };
  while (!of.signal.aborted) {
    const feed = await reopenFeed({ ...of, outage: tell }, position, last);
    tell(undefined);
    const stopListening = onAbort(of.signal, () => of.track(feed.close()));
    try {
      for await (const deliveries of deliveriesOf(feed, reader, position)) {
        position = deliveries.at(-1)!.sequence;
        last = deliveries.findLast((delivery) => delivery.kind === "commit") ?? last;
        yield deliveries;
        if (of.signal.aborted) return;
      }
      if (feed.retired || of.signal.aborted) continue;
      tell(new UnavailableError("the server's consumer is gone or silent"));
    } finally {
      stopListening();
      const closed = feed.close();
      if (!of.signal.aborted) await closed;
    }
  }
}

/** What one feed delivers, until it breaks. */
async function* deliveriesOf<Event extends DomainEvent>(
  feed: Feed,
  reader: CommitReader<Event>,
  from: Sequence,
): Batches<Delivery<Event>> {
  let marked = from;
  for (;;) {
    const { messages, idleAt } = await feed.take();
    const { deliveries, error } = readDeliveries(messages, reader);
    marked = deliveries.at(-1)?.sequence ?? marked;
    const position = Math.max(marked, messages.at(-1)?.sequence ?? 0, idleAt ?? 0);
    if (error === undefined && position > marked) {
      deliveries.push({ kind: "mark", sequence: (marked = position), caughtUp: true });
    }
    if (deliveries.length > 0) yield deliveries;
    if (error !== undefined) throw error;
    if (messages.length > 0 || !feed.broken) continue;
    if (feed.failure !== undefined) throw feed.failure;
    return;
  }
}

/** The commits in some messages, and what went wrong after them. */
function readDeliveries<Event extends DomainEvent>(
  messages: readonly StoredMessage[],
  reader: CommitReader<Event>,
): { readonly deliveries: Delivery<Event>[]; readonly error: Error | undefined } {
  const deliveries: Delivery<Event>[] = [];
  try {
    for (const message of messages) {
      const commit = reader.read(message);
      if (commit !== undefined) deliveries.push(commit);
    }
    return { deliveries, error: undefined };
  } catch (error) {
    return { deliveries, error: error as Error };
  }
}

/** Tries for as long as the connection does; a stream that stays away is an error. */
async function reopenFeed(
  { stream, storeId, selector, signal, outage }: StreamSubscription,
  after: Sequence,
  last: Commit | undefined,
): Promise<Feed> {
  let patience = deadlineIn(patienceMs);
  for (let attempt = 0; ; attempt++) {
    try {
      await assertSameStream(stream, storeId, after, last, signal);
      const filters = filtersOf(stream, selector);
      const select = subjectSelect(stream, selector);
      return await openFeed(stream, { filters, select, after, heartbeatMs }, signal);
    } catch (error) {
      if (error instanceof UnavailableError && !stream.connection.isClosed()) {
        outage(error);
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
