import type { Commit } from "../commit.ts";
import type { Envelope } from "../envelope.ts";
import { TruncatedError } from "../errors.ts";
import type { DomainEvent } from "../family.ts";
import type { EventStream } from "../replay.ts";
import type { Delivery, SubscribeOptions, Subscription } from "../subscribe.ts";

/**
 * Give commits the shape of an {@link EventStream}, for backends.
 * @param commits - starts a new read at each call
 * @param whole - one aggregate is read, so a cut in it is an error to a reader of events
 */
export function eventStream<Event extends DomainEvent>(
  commits: () => AsyncIterable<Commit<Event>>,
  whole: boolean,
): EventStream<Event> {
  return {
    commits: () => (whole ? fromBase(commits()) : commits()),
    [Symbol.asyncIterator]: () => envelopesOf(commits(), whole),
  };
}

async function* envelopesOf<Event extends DomainEvent>(
  commits: AsyncIterable<Commit<Event>>,
  whole: boolean,
): AsyncGenerator<Envelope<Event>, void, undefined> {
  for await (const commit of commits) {
    if (whole && commit.missing > 0) throw new TruncatedError(commit, commit.sequence);
    yield* commit.envelopes;
  }
}

/** A cut history begins at its first base: what is left before it can't be folded. */
async function* fromBase<Event extends DomainEvent>(
  commits: AsyncIterable<Commit<Event>>,
): AsyncGenerator<Commit<Event>, void, undefined> {
  let cut: Commit<Event> | undefined;
  for await (const commit of commits) {
    if (commit.missing > 0 && commit.base === undefined) cut = commit;
    if (commit.base !== undefined) cut = undefined;
    if (cut === undefined) yield commit;
  }
  if (cut !== undefined) throw new TruncatedError(cut, cut.sequence);
}

/** Give deliveries the shape of a {@link Subscription}, for backends. */
export function subscription<Event extends DomainEvent>(
  deliveries: () => AsyncIterable<Delivery<Event>>,
  options: SubscribeOptions,
): Subscription<Event> {
  return {
    deliveries: () => announced(deliveries(), options),
    [Symbol.asyncIterator]: () => liveEnvelopes(announced(deliveries(), options)),
  };
}

async function* announced<Event extends DomainEvent>(
  deliveries: AsyncIterable<Delivery<Event>>,
  { onCaughtUp }: SubscribeOptions,
): AsyncGenerator<Delivery<Event>, void, undefined> {
  let announcing = onCaughtUp;
  for await (const delivery of deliveries) {
    if (delivery.kind === "mark" && delivery.caughtUp && announcing !== undefined) {
      announcing(delivery.sequence);
      announcing = undefined;
    }
    yield delivery;
  }
}

async function* liveEnvelopes<Event extends DomainEvent>(
  deliveries: AsyncIterable<Delivery<Event>>,
): AsyncGenerator<Envelope<Event>, void, undefined> {
  for await (const delivery of deliveries) {
    if (delivery.kind === "commit") yield* delivery.envelopes;
  }
}
