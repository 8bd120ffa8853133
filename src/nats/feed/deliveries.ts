import type { Delivery, DomainEvent, Sequence } from "../../event/index.ts";
import type { Batches, CommitReader, StoredMessage } from "../../event/backend/index.ts";
import type { Feed } from "./feed.ts";

/** What is asked and told on the way. */
export interface DeliveryChecks {
  /** Asks for the last sequence that is selected now. */
  end(): Promise<Sequence>;
  /** Waits until it is certain that the stream is still the same, where that is in doubt. */
  trust(): Promise<unknown> | undefined;
  saw(message: StoredMessage): void;
  /** See `StreamWitness.anchor`. */
  anchor(position: Sequence): Promise<boolean>;
}

/** What one feed delivers, until it breaks. */
export async function* deliveriesOf<Event extends DomainEvent>(
  feed: Feed,
  reader: CommitReader<Event>,
  from: Sequence,
  checks: DeliveryChecks,
): Batches<Delivery<Event>> {
  let marked = from;
  for (;;) {
    const { messages, idleAt } = await feed.take();
    if (messages.length === 0 && feed.broken) {
      // Nothing is to be proved before it is told: a server that is away would not answer for long.
      if (feed.failure !== undefined) throw feed.failure;
      return;
    }
    const doubt = checks.trust();
    if (doubt !== undefined) await doubt;
    const newest = messages.at(-1);
    if (newest !== undefined) checks.saw(newest);
    const { deliveries, error } = await readDeliveries(messages, reader);
    marked = deliveries.at(-1)?.sequence ?? marked;
    const position = Math.max(marked, newest?.sequence ?? 0, idleAt ?? 0);
    const tells = error === undefined && position > marked;
    if (tells && (await checks.anchor(position))) {
      deliveries.push({ kind: "mark", sequence: (marked = position), caughtUp: true });
    }
    if (deliveries.length > 0) yield deliveries;
    if (error !== undefined) throw error;
    const based = reader.holes.assertBased(marked, () => checks.end());
    if (based !== undefined) await based;
  }
}

/** The commits in some messages, and what went wrong after them. */
async function readDeliveries<Event extends DomainEvent>(
  messages: readonly StoredMessage[],
  reader: CommitReader<Event>,
): Promise<{ readonly deliveries: Delivery<Event>[]; readonly error: Error | undefined }> {
  const deliveries: Delivery<Event>[] = [];
  try {
    for (const message of messages) {
      const read = reader.read(message);
      const commit = read instanceof Promise ? await read : read;
      if (commit !== undefined) deliveries.push(commit);
    }
    return { deliveries, error: undefined };
  } catch (error) {
    return { deliveries, error: error as Error };
  }
}
