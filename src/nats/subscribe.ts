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
} from "../event/backend/index.ts";
import { apiCodes, ApiError, asConfigError } from "./requests/api.ts";
import { assertSameStream, lastSequence } from "./identity.ts";
import { deliveriesOf } from "./feed/deliveries.ts";
import { type Feed, openFeed } from "./feed/feed.ts";
import { historyPages } from "./history-pages.ts";
import { leaderGet } from "./messages/leader-get.ts";
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
  const { stream, selector, signal } = of;
  try {
    const after = await start;
    const bound = await endOf(stream, selector, signal);
    const promised = after === 0 ? bound : after;
    const at = (seq: Sequence) => throughOutages(of, () => leaderGet(stream, { seq }, signal));
    const reader = new CommitReader<Event>({ ...of, after, promised, at });
    const end = { sequence: bound, timeMs, signal, goesOn: true };
    let last: Commit<Event> | undefined;
    const pages = historyPages({ stream, selector, after, bound, signal });
    for await (const commits of readPages(pages, reader, end)) {
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
  const endNow = () => throughOutages(of, () => endOf(of.stream, of.selector, of.signal));
  while (!of.signal.aborted) {
    const feed = await reopenFeed({ ...of, outage: tell }, position, last);
    tell(undefined);
    const stopListening = onAbort(of.signal, () => of.track(feed.close()));
    try {
      for await (const deliveries of deliveriesOf(feed, reader, position, endNow)) {
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

/** A live subscription survives an outage, whatever it asks just then. */
async function throughOutages<T>(
  { stream, signal, outage }: StreamSubscription,
  ask: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await ask();
      if (attempt > 0) outage(undefined);
      return answer;
    } catch (error) {
      if (!(error instanceof UnavailableError) || stream.connection.isClosed()) throw error;
      outage(error);
      await backOff(attempt, deadlineIn(Infinity), signal);
    }
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
