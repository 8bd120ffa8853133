import { map, Observable, type OperatorFunction, takeWhile } from "rxjs";
import {
  checkArgument,
  checkOptions,
  isObject,
  type Rules,
  wholeFrom,
} from "../event/arguments.ts";
import { OverflowError } from "../event/index.ts";
import { OrderedWork, type Projector, type ProjectorOptions } from "./ordered-work.ts";

const projectorRules: Rules<ProjectorOptions> = { buffer: wholeFrom(0), concurrency: wholeFrom(1) };

/**
 * Applies an async projector to the values of any Observable, one after another (or `concurrency`
 * at a time); results come in the order of their values. For the events of a store `projected$` is
 * the better way: it makes the reading wait.
 *
 * An Observable can't be told to wait, so a bounded buffer can only say when it is full: the value
 * that finds it so is an {@link OverflowError}, and the source is unsubscribed. That error, like the
 * source's own and its completion, comes after the results of what came before; an error of the
 * projector comes in the place of its result, and nothing after it is begun. Unsubscribing aborts the
 * projector's signal and drops what waits.
 *
 * Options that break their rule are an error notification (InvalidInputError).
 */
export function projectWith<T, R>(
  projector: Projector<T, R>,
  options: ProjectorOptions,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      checkArgument("the options of projectWith", options, isObject);
      checkOptions("projectWith", options, projectorRules);
      const stopping = new AbortController();
      const { signal } = stopping;
      const work = new OrderedWork(projector, options, subscriber, signal);
      subscriber.add(() => {
        stopping.abort();
        work.cancel();
      });
      const take = (value: T): void => {
        if (work.isFull) {
          const full = `projectWith: a value came while ${options.buffer} wait`;
          throw new OverflowError(full, options.buffer);
        }
        work.take(value);
      };
      // So the source can be unsubscribed from while it is still being subscribed to.
      const taking = source.pipe(
        takeWhile(() => !signal.aborted),
        map(take),
      );
      const reading = taking.subscribe({
        error: (error: unknown) => work.end(() => subscriber.error(error)),
        complete: () => work.end(() => subscriber.complete()),
      });
      subscriber.add(reading);
    });
}
