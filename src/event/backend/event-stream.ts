import type { Commit } from "../commit.ts";
import type { Envelope } from "../envelope.ts";
import { TruncatedError } from "../errors.ts";
import type { DomainEvent } from "../family.ts";
import { call, type Warn } from "../listener.ts";
import type { EventStream } from "../replay.ts";
import type { Selector } from "../selection.ts";
import type { Delivery, Mark, SubscribeOptions, Subscription } from "../subscribe.ts";
import { JoinedSignal } from "./abort.ts";
import { alone, flatten, type FlattenOptions, type ItemsOf, same } from "./flatten.ts";

/** What a backend reads: some at a time, oldest first. */
export type Batches<Item> = AsyncGenerator<readonly Item[], void, undefined>;

/**
 * Give commits the shape of an {@link EventStream}, for backends.
 * @param commits - starts a new read at each call, which its signal ends
 * @param whole - one aggregate is read: that its start was cut is an error to a reader of events, too
 * @param ended - aborts when the store is closed
 * @param signal - the caller's
 */
export function eventStream<Event extends DomainEvent>(
  commits: (signal: AbortSignal) => Batches<Commit<Event>>,
  whole: boolean,
  ended: AbortSignal,
  signal: AbortSignal | undefined,
): EventStream<Event> {
  const reading = <Item>(
    itemsOf: ItemsOf<readonly Commit<Event>[], Item>,
    held: (all: Batches<Commit<Event>>) => Batches<Commit<Event>>,
  ): AsyncIterableIterator<Item> => {
    const options = endingWith(ended, signal);
    return flatten(held(commits(options.signal)), itemsOf, options);
  };
  return {
    commits: () => reading(same, (all) => (whole ? fromBase(all) : all)),
    [Symbol.asyncIterator]: () => reading(uncut(envelopesOf<Event>, whole), (all) => all),
  };
}

/** For {@link flatten}, and for its source: a signal that aborts with the store's or the caller's. */
export function endingWith(
  ended: AbortSignal,
  signal: AbortSignal | undefined,
): FlattenOptions & { readonly signal: AbortSignal } {
  if (signal === undefined) return { signal: ended };
  const joined = new JoinedSignal(ended, signal);
  return { signal: joined.signal, joined };
}

function envelopesOf<Event extends DomainEvent>(
  commits: readonly Commit<Event>[],
): readonly Envelope<Event>[] {
  const envelopes: Envelope<Event>[] = [];
  for (const commit of commits) for (const envelope of commit.envelopes) envelopes.push(envelope);
  return envelopes;
}

/** Events alone can't tell of a cut: it is an error where it would be passed over. */
function uncut<Item extends Commit | Mark, Part>(
  partsOf: (items: readonly Item[]) => readonly Part[],
  whole: boolean,
): ItemsOf<readonly Item[], Part> {
  return (batch, fail) => {
    for (let i = 0; i < batch.length; i++) {
      const cut = cutIn(batch[i]!, whole);
      if (cut === undefined) continue;
      fail(cut);
      return partsOf(batch.slice(0, i));
    }
    return partsOf(batch);
  };
}

/** One aggregate alone must not begin later, either. */
function cutIn(item: Commit | Mark, whole: boolean): Error | undefined {
  if (item.kind === "mark" || item.missing === 0) return undefined;
  return item.hole ?? (whole ? new TruncatedError(item, item.sequence) : undefined);
}

/** For backends: a cut history begins at its first base; what is left before it can't be folded. */
export async function* fromBase<Event extends DomainEvent>(
  batches: Batches<Commit<Event>>,
): Batches<Commit<Event>> {
  let cut: Commit<Event> | undefined;
  for await (const batch of batches) {
    const kept: Commit<Event>[] = [];
    for (const commit of batch) {
      if (commit.missing > 0 && commit.base === undefined) cut = commit;
      if (commit.base !== undefined) cut = undefined;
      if (cut === undefined) kept.push(commit);
    }
    yield kept;
  }
  if (cut !== undefined) throw new TruncatedError(cut, cut.sequence);
}

/**
 * Give deliveries the shape of a {@link Subscription}, for backends.
 * @param deliveries - starts a new read at each call, which ends when its signal aborts
 * @param selector - what is read; of one aggregate see {@link eventStream}
 * @param ended - aborts when the store is closed
 * @param warn - told what `onCaughtUp` throws
 */
export function subscription<Event extends DomainEvent>(
  deliveries: (signal: AbortSignal) => Batches<Delivery<Event>>,
  { single }: Selector,
  { onCaughtUp, signal }: SubscribeOptions,
  ended: AbortSignal,
  warn?: Warn,
): Subscription<Event> {
  const announced = (sequence: number) => call("onCaughtUp", onCaughtUp, [sequence], warn);
  const told = (all: Batches<Delivery<Event>>): Batches<Delivery<Event>> =>
    onCaughtUp === undefined ? all : announce(all, announced);
  // Nothing may come for ever: who leaves ends what waits for it.
  const reading = <Item>(
    itemsOf: ItemsOf<readonly Delivery<Event>[], Item>,
  ): AsyncIterableIterator<Item> => {
    const joined = new JoinedSignal(ended, signal);
    const batches = told(deliveries(joined.signal));
    return flatten(batches, itemsOf, { joined, leave: () => joined.abort() });
  };
  return {
    batches: () => reading(alone),
    deliveries: () => reading(same),
    [Symbol.asyncIterator]: () => reading(uncut(deliveredEnvelopes<Event>, single !== undefined)),
  };
}

function deliveredEnvelopes<Event extends DomainEvent>(
  deliveries: readonly Delivery<Event>[],
): readonly Envelope<Event>[] {
  return envelopesOf(deliveries.filter((delivery) => delivery.kind === "commit"));
}

/** What comes before the first mark of having caught up is handed over before it is announced. */
async function* announce<Event extends DomainEvent>(
  batches: Batches<Delivery<Event>>,
  tell: (sequence: number) => void,
): Batches<Delivery<Event>> {
  let announced = false;
  for await (const batch of batches) {
    const mark = announced ? -1 : batch.findIndex(isCaughtUp);
    if (mark < 0) {
      yield batch;
      continue;
    }
    announced = true;
    if (mark > 0) yield batch.slice(0, mark);
    tell(batch[mark]!.sequence);
    yield batch.slice(mark);
  }
}

function isCaughtUp(delivery: Delivery<DomainEvent>): boolean {
  return delivery.kind === "mark" && delivery.caughtUp;
}
