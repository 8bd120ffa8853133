import { within } from "./within.ts";

/** A subscription at work in the background. */
export interface Listener<Item> {
  /** What came so far, in order. */
  readonly items: readonly Item[];
  /** Settles as the subscription ends; never rejects unhandled. */
  readonly ended: Promise<void>;
  /** Wait until enough has come. Rejects when the subscription ends or fails before. */
  until(enough: (items: readonly Item[]) => boolean, what: string): Promise<void>;
  /** Abort its signal and wait for its end, which must be without an error. */
  stop(): Promise<void>;
}

/**
 * Read a subscription in the background.
 * @param subscribe - given the signal that {@link Listener.stop} aborts
 * @param handle - awaited for each item before the next one is asked for
 */
export function listen<Item>(
  subscribe: (signal: AbortSignal) => AsyncIterable<Item>,
  handle: (item: Item) => unknown = () => undefined,
): Listener<Item> {
  const abort = new AbortController();
  const items: Item[] = [];
  const watchers = new Set<() => void>();
  const read = async (): Promise<void> => {
    for await (const item of subscribe(abort.signal)) {
      items.push(item);
      for (const look of watchers) look();
      await handle(item);
    }
  };
  const ended = read();
  ended.catch(() => undefined);
  return {
    items,
    ended,
    until: (enough, what) => within(becomes(items, enough, watchers, ended), what),
    async stop() {
      abort.abort(new Error("the listener was stopped"));
      await within(ended, "ending a subscription that was aborted");
    },
  };
}

function becomes<Item>(
  items: readonly Item[],
  enough: (items: readonly Item[]) => boolean,
  watchers: Set<() => void>,
  ended: Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (!enough(items)) return;
      watchers.delete(look);
      resolve();
    };
    watchers.add(look);
    look();
    ended.then(() => reject(new Error(`ended after ${items.length} items`)), reject);
  });
}
