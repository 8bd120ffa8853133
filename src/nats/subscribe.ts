import {
  type Delivery,
  type DomainEvent,
  type EventStore,
  isJetfoldError,
  type Sequence,
  StreamChangedError,
  type SubscribeOptions,
  type Subscription,
  UnavailableError,
} from "../event/index.ts";
import {
  backOff,
  call,
  type Batches,
  CommitReader,
  type Deadline,
  deadlineIn,
  JoinedSignal,
  onAbort,
  readPages,
  subscription,
} from "../event/backend/index.ts";
import { apiCodes, asConfigError, isApiError } from "./requests/api.ts";
import { lastSequence } from "./identity.ts";
import { type DeliveryChecks, deliveriesOf } from "./feed/deliveries.ts";
import { type Feed, openFeed } from "./feed/feed.ts";
import { historyPages } from "./history-pages.ts";
import { pagesThroughOutages, throughOutages } from "./outages.ts";
import { leaderGet, type MessageQuery } from "./messages/leader-get.ts";
import { endOf, lookUpIn, type StreamReplay } from "./replay.ts";
import { patienceMs } from "./requests/request.ts";
import { feedFiltersOf, subjectSelect } from "./stream.ts";

/** What a subscription needs to know. */
interface StreamSubscription extends StreamReplay {
  /** Tells `SubscribeOptions.onOutage`. */
  readonly outage: (cause: Error | undefined) => void;
  /** Called with what must be over before the store is closed. */
  readonly track: (work: Promise<unknown>) => void;
}

/** See `Subscribe.subscribe`. Where it begins is asked for at once, and thrown when it is read. */
export function openSubscription<Event extends DomainEvent>(
  store: Pick<EventStore, "signal" | "onWarning" | "defer">,
  read: Omit<StreamReplay, "signal">,
  after: Sequence | "new",
  options: Omit<SubscribeOptions, "after">,
): Subscription<Event> {
  const { signal, onWarning } = store;
  const of: Omit<StreamSubscription, "signal"> = {
    ...read,
    outage: (cause) => call("onOutage", options.onOutage, [cause], onWarning),
    track: (work) => store.defer(work, "closing a subscription"),
  };
  const start = after === "new" ? startOf(of, signal, options.signal) : Promise.resolve(after);
  start.catch(() => undefined);
  const deliveries = (ending: AbortSignal) =>
    subscribeStream<Event>({ ...of, signal: ending }, start);
  return subscription(deliveries, read.selector, options, signal, onWarning);
}

/** The last sequence, which "new" begins after. */
async function startOf(
  of: Omit<StreamSubscription, "signal">,
  ended: AbortSignal,
  own: AbortSignal | undefined,
): Promise<Sequence> {
  const ending = new JoinedSignal(ended, own);
  ending.begin();
  const { signal } = ending;
  try {
    return await throughOutages({ ...of, signal }, (deadline) =>
      lastSequence(of.stream, signal, deadline),
    );
  } finally {
    ending.end();
  }
}

/**
 * See `Subscribe.subscribe`: history up to the end as it is now, then a live feed from there. Ends
 * without an error when the signal aborts.
 */
async function* subscribeStream<Event extends DomainEvent>(
  of: StreamSubscription,
  start: Promise<Sequence>,
): Batches<Delivery<Event>> {
  const { stream, witness, selector, signal } = of;
  try {
    await throughOutages(of, async (deadline) => witness.trust(signal, deadline));
    const after = await start;
    const askEnd = (deadline: Deadline) => endOf(stream, selector, signal, deadline);
    const bound = await throughOutages(of, askEnd);
    const promised = after === 0 ? bound : after;
    const get = (query: MessageQuery) =>
      throughOutages(of, (deadline) => leaderGet(stream, query, signal, deadline));
    const lookUp = lookUpIn(stream, signal, get);
    const reader = new CommitReader<Event>({ ...of, after, promised, lookUp });
    const end = { sequence: bound, timeMs, signal, goesOn: true };
    const pages = pagesThroughOutages(of, after, (from) =>
      historyPages({ stream, witness, selector, after: from, bound, signal }),
    );
    yield* readPages(pages, reader, end);
    const position = Math.max(after, bound);
    await throughOutages(of, () => witness.assertReached(position, signal));
    await witness.anchor(position, signal);
    yield* live(of, reader, position);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** History is read whatever its times. */
const timeMs = Infinity;

/** How often the server says that it lives when there is nothing to deliver. */
const heartbeatMs = 1_000;

/**
 * One feed after another, each from after the last message of the one before. It is told to have
 * caught up once the first one feeds it.
 */
async function* live<Event extends DomainEvent>(
  of: StreamSubscription,
  reader: CommitReader<Event>,
  from: Sequence,
): Batches<Delivery<Event>> {
  let position = from;
  let caughtUp = false;
  let told = false;
  const tell = (cause: Error | undefined): void => {
    if (cause === undefined && !told) return;
    told = cause !== undefined;
    of.outage(cause);
  };
  const checks = checksOf(of);
  while (!of.signal.aborted) {
    const feed = await reopenFeed({ ...of, outage: tell }, position);
    tell(undefined);
    const stopListening = onAbort(of.signal, () => of.track(feed.close()));
    const stopWatching = of.witness.listen(() => of.track(feed.close()));
    try {
      if (!caughtUp) yield [{ kind: "mark", sequence: position, caughtUp: true }];
      caughtUp = true;
      for await (const deliveries of deliveriesOf(feed, reader, position, checks)) {
        position = deliveries.at(-1)!.sequence;
        yield deliveries;
        if (of.signal.aborted) return;
      }
      if (feed.retired || of.signal.aborted) continue;
      tell(new UnavailableError("the server's consumer is gone or silent"));
    } finally {
      stopListening();
      stopWatching();
      const closed = feed.close();
      if (!of.signal.aborted) await closed;
    }
  }
}

function checksOf(of: StreamSubscription): DeliveryChecks {
  const { stream, witness, selector, signal } = of;
  return {
    end: () => throughOutages(of, (deadline) => endOf(stream, selector, signal, deadline)),
    trust: () => (witness.trusts() ? undefined : throughOutages(of, () => witness.prove(signal))),
    saw: (message) => witness.saw(message),
    anchor: (position) => witness.anchor(position, signal),
  };
}

/** Tries for as long as the connection does; a stream that stays away is an error. */
async function reopenFeed(of: StreamSubscription, after: Sequence): Promise<Feed> {
  const { stream, signal } = of;
  let patience = deadlineIn(patienceMs);
  for (let attempt = 0; ; attempt++) {
    try {
      return await provedFeed(of, after);
    } catch (error) {
      if (isJetfoldError(error, "unavailable") && !stream.connection.isClosed()) {
        of.outage(error);
        patience = deadlineIn(patienceMs);
      } else if (!isApiError(error)) {
        throw error;
      } else if (patience.leftMs() <= 0) {
        if (isApiError(error, apiCodes.streamNotFound)) {
          throw new StreamChangedError(stream.name, after, "it is gone", { cause: error.cause });
        }
        throw asConfigError(error, `subscribing to "${stream.name}"`);
      }
    }
    await backOff(attempt, patience, signal);
  }
}

/** A consumer is of the stream there was when it was made, so it is that stream which is proved. */
async function provedFeed(
  { stream, witness, selector, signal }: StreamSubscription,
  after: Sequence,
): Promise<Feed> {
  const filters = feedFiltersOf(stream, selector);
  const select = subjectSelect(stream, selector);
  const feed = await openFeed(stream, { filters, select, after, heartbeatMs }, signal);
  try {
    await witness.prove(signal);
    return feed;
  } catch (error) {
    const closed = feed.close();
    if (!signal.aborted) await closed;
    throw error;
  }
}
