import { Observable } from "rxjs";
import type { Envelope, EventOf, Replay, Selectable, Subscribe } from "../event/index.ts";
import { type EventsOptions, openEvents } from "./open-events.ts";
import { OrderedWork, type Projector, type ProjectorOptions } from "./ordered-work.ts";
import { pour } from "./pour.ts";
import { checkArgument, isObject } from "../event/arguments.ts";

/**
 * The results of an async projector for the selected events, in their order. Reading waits for the
 * projector: at most `buffer` events are read ahead of it (beside the batch that the store has in
 * hand), so a slow projector slows the server and fills no memory.
 *
 * The events, their end and their errors are those of `events$`, after the results of what came
 * before. An error of the projector is the error notification, in the place of its result; those
 * before it are finished, and nothing after it is begun (with a `concurrency` of more than 1, some
 * may be in hand). Unsubscribing aborts the read and the projector's signal.
 *
 * What is emitted in turn is not waited for any longer than its subscriber runs. No position is
 * kept: that is what `observe` is for.
 */
export function projected$<S extends Selectable, R>(
  store: Replay & Subscribe,
  selection: S,
  projector: Projector<Envelope<EventOf<S>>, R>,
  options: EventsOptions & ProjectorOptions,
): Observable<R> {
  checkArgument("the options of projected$", options, isObject);
  const { buffer, concurrency = 1, ...events } = options;
  return new Observable((subscriber) => {
    const reading = new AbortController();
    const { signal } = reading;
    const work = new OrderedWork(projector, { buffer, concurrency }, subscriber, signal);
    subscriber.add(() => {
      reading.abort();
      work.cancel();
    });
    const sink = {
      next(value: Envelope<EventOf<S>>): Promise<void> | undefined {
        work.take(value);
        return work.room();
      },
      error: (error: unknown) => work.end(() => subscriber.error(error)),
      complete: () => work.end(() => subscriber.complete()),
    };
    void pour((aborting) => openEvents(store, selection, events, aborting), sink, signal);
  });
}
