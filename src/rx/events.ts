import { Observable } from "rxjs";
import type {
  Commit,
  Delivery,
  DomainEvent,
  Envelope,
  EventOf,
  Replay,
  Selectable,
  Subscribe,
} from "../event/index.ts";
import { type EventsOptions, openEvents } from "./open-events.ts";
import { pour } from "./pour.ts";

/**
 * The selected events as a cold Observable: each subscription reads by itself. `read: "history"`
 * completes at the end of what is stored; `"live"` and `"both"` (the default) go on until they are
 * unsubscribed, and complete when the store is closed. What `replay` and `subscribe` throw, bad
 * input too, is the error notification. Unsubscribing aborts the read and drops what is left of the
 * batch in hand; the store deletes the server's consumer, and `store.close()` waits for that.
 *
 * An Observable can't be told to wait. What its subscriber does synchronously is waited for, so a
 * slow one slows the server; what it begins and does not finish there (a promise, `mergeMap`,
 * `concatMap`, `observeOn`) is not, and piles up in memory without bound. For that there is
 * `projected$`.
 */
export function events$<S extends Selectable>(
  store: Replay & Subscribe,
  selection: S,
  options: EventsOptions = {},
): Observable<Envelope<EventOf<S>>> {
  return fromReading((signal) => openEvents(store, selection, options, signal));
}

/** The same, commit by commit; see {@link events$}, and `EventStream.commits` for which there are. */
export function commits$<S extends Selectable>(
  store: Replay & Subscribe,
  selection: S,
  options: EventsOptions = {},
): Observable<Commit<EventOf<S>>> {
  return fromReading((signal) => {
    const opened = openEvents(store, selection, options, signal);
    return "commits" in opened ? opened.commits() : commitsIn(opened.deliveries());
  });
}

/** A reading that begins with each subscription and is aborted when it ends. */
function fromReading<T>(open: (signal: AbortSignal) => AsyncIterable<T>): Observable<T> {
  return new Observable((subscriber) => {
    const reading = new AbortController();
    void pour(open, subscriber, reading.signal);
    return () => reading.abort();
  });
}

async function* commitsIn<Event extends DomainEvent>(
  deliveries: AsyncIterable<Delivery<Event>>,
): AsyncGenerator<Commit<Event>, void, undefined> {
  for await (const delivery of deliveries) if (delivery.kind === "commit") yield delivery;
}
