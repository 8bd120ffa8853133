import type { Commit, Delivery, DomainEvent, Sequence } from "../../event/index.ts";
import type { BatchOptions } from "../projection.ts";

/** What is handled together. */
export interface Batch {
  /** In the order of the store; may be none. */
  readonly commits: readonly Commit[];
  /** Every selected commit at or below this sequence is in this batch or an earlier one. */
  readonly sequence: Sequence;
  /** All that was stored when reading began has been delivered. */
  readonly caughtUp: boolean;
}

/**
 * Deliveries in batches: of so many commits, or what comes within some time after the first. Commits
 * of one transaction are never parted: a batch in the middle of one waits for the next part, unless
 * `endsAt` (the sequence of the last selected commit) says that none is selected.
 *
 * Ends with its source; when that throws, what came before is handed over first.
 *
 * @param cancel - makes the source end; called when the batches are not wanted any more
 */
export async function* batchesOf(
  deliveries: AsyncIterable<Delivery<DomainEvent>>,
  { commits: most, ms }: Required<BatchOptions>,
  endsAt: () => Promise<Sequence>,
  cancel: () => void,
): AsyncGenerator<Batch, void, undefined> {
  const source = new Source(deliveries);
  try {
    for (;;) {
      const batch = new OpenBatch();
      if (!(await batch.take(source))) return;
      const timer = batch.isEmpty || most === 1 ? undefined : new Timer(ms);
      let more = true;
      try {
        while (more && timer !== undefined && (batch.isParted || batch.size < most)) {
          if (await source.comesBefore(timer)) more = await batch.take(source);
          else if (!batch.isParted || (await endsAt()) <= batch.sequence) break;
          else more = await batch.take(source);
        }
      } catch (error) {
        yield batch;
        throw error;
      } finally {
        timer?.stop();
      }
      yield batch;
      if (!more) return;
    }
  } finally {
    cancel();
    await source.close();
  }
}

class OpenBatch implements Batch {
  readonly commits: Commit[] = [];
  sequence: Sequence = 0;
  caughtUp = false;
  #transactionEnd: Sequence = 0;

  get isEmpty(): boolean {
    return this.commits.length === 0;
  }

  get size(): number {
    return this.commits.length;
  }

  /** The last commit is not the last part of its transaction. */
  get isParted(): boolean {
    return this.#transactionEnd > this.sequence;
  }

  /** @returns whether there was anything to take */
  async take(source: Source): Promise<boolean> {
    const delivery = await source.next();
    if (delivery === undefined) return false;
    this.sequence = delivery.sequence;
    if (delivery.kind === "mark") this.caughtUp = delivery.caughtUp;
    else {
      this.commits.push(delivery);
      this.#transactionEnd = delivery.transactionEnd;
    }
    return true;
  }
}

/** Deliveries, one asked for in advance. */
class Source {
  readonly #iterator: AsyncIterator<Delivery<DomainEvent>>;
  #asked: Promise<IteratorResult<Delivery<DomainEvent>>> | undefined;

  constructor(deliveries: AsyncIterable<Delivery<DomainEvent>>) {
    this.#iterator = deliveries[Symbol.asyncIterator]();
  }

  async next(): Promise<Delivery<DomainEvent> | undefined> {
    const asked = (this.#asked ??= this.#iterator.next());
    const result = await asked;
    this.#asked = undefined;
    return result.done === true ? undefined : result.value;
  }

  /** Does the next delivery come before the timer? Its error counts as one, and is thrown by `next`. */
  async comesBefore(timer: Timer): Promise<boolean> {
    const asked = (this.#asked ??= this.#iterator.next());
    const came = asked.then(
      () => true,
      () => true,
    );
    return Promise.race([came, timer.over]);
  }

  async close(): Promise<void> {
    this.#asked?.catch(() => undefined);
    await this.#iterator.return?.();
  }
}

/** Runs out once. */
class Timer {
  readonly over: Promise<false>;
  #stop: () => void = () => undefined;

  constructor(ms: number) {
    this.over = new Promise((resolve) => {
      const timeout = setTimeout(() => resolve(false), ms);
      this.#stop = () => clearTimeout(timeout);
    });
  }

  stop(): void {
    this.#stop();
  }
}
