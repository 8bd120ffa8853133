import {
  type EventOf,
  type EventStream,
  InvalidInputError,
  type Replay,
  type ReplayOptions,
  type Selectable,
  type Sequence,
  type Subscribe,
  type SubscribeOptions,
  type Subscription,
} from "../event/index.ts";
import { checkStore } from "../event/kinds.ts";

/** What of a store is read, and how; the options are those of `replay` and of `subscribe`. */
export type EventsOptions = ReadHistory | ReadLive | ReadBoth;

/** What is stored when reading begins; completes. See `Replay.replay`. */
export interface ReadHistory extends Omit<ReplayOptions, "signal"> {
  readonly read: "history";
}

/** What is stored after the subscription to the Observable; endless. */
export interface ReadLive extends Omit<SubscribeOptions, "signal" | "after"> {
  readonly read: "live";
}

/** What is stored and then what comes, without a gap; endless. See `Subscribe.subscribe`. */
export interface ReadBoth extends Omit<SubscribeOptions, "signal" | "after"> {
  /** @default "both" */
  readonly read?: "both";
  /** Exclusive. @default 0, everything */
  readonly after?: Sequence;
}

/**
 * Begin to read.
 * @throws {@link InvalidInputError} when an option is unknown to this way of reading, or breaks its rule
 */
export function openEvents<S extends Selectable>(
  store: Replay & Subscribe,
  selection: S,
  options: EventsOptions,
  signal: AbortSignal,
): EventStream<EventOf<S>> | Subscription<EventOf<S>> {
  checkStore(store, "subscribe");
  const { read, ...asked } = options as { readonly read?: unknown } & ReplayOptions &
    SubscribeOptions;
  switch (options.read) {
    case "history":
      return store.replay(selection, { ...asked, signal });
    case "live":
      refuse(options, "after", "is not for live events: they begin now");
      refuse(options, "until", "is for history only");
      return store.subscribe(selection, { ...asked, after: "new", signal });
    case "both":
    case undefined:
      refuse(options, "until", "is for history only");
      return store.subscribe(selection, { ...asked, signal });
    default:
      throw new InvalidInputError("read", 'must be "history", "live" or "both"', read);
  }
}

/** A bound that is not heeded would be missed only when it is too late. */
function refuse(options: object, name: string, rule: string): void {
  const value: unknown = Reflect.get(options, name);
  if (value !== undefined) throw new InvalidInputError(name, rule, value);
}
