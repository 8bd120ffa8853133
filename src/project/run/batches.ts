import type { Commit, Delivery, DomainEvent, Sequence } from "../../event/index.ts";
import type { BatchOptions } from "../projection.ts";
import { DeliverySource, Timer } from "./delivery-source.ts";

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
 * Deliveries in batches: of so many commits, or what comes within some time after the first (0: what
 * is there), or until there is nothing more for now. Commits of one transaction are never parted: a
 * batch in the middle of one waits for the next part, unless `endsAt` (the sequence of the last
 * selected commit) says that none is selected.
 *
 * Ends with its source; when that throws, what came before is handed over first.
 *
 * @param cancel - makes the source end; called when the batches are not wanted any more
 */
export async function* batchesOf(
  deliveries: AsyncIterable<readonly Delivery<DomainEvent>[]>,
  options: Required<BatchOptions>,
  endsAt: () => Promise<Sequence>,
  cancel: () => void,
): AsyncGenerator<Batch, void, undefined> {
  const source = new DeliverySource(deliveries);
  try {
    while (await source.fill()) {
      const batch = new OpenBatch(source.shift());
      let more: boolean;
      try {
        more = await complete(batch, source, options, endsAt);
      } catch (error) {
        yield batch;
        throw error;
      }
      yield batch;
      if (!more) return;
    }
  } finally {
    cancel();
    await source.close();
  }
}

/** Add to a batch until it is to be handed over. @returns false when the source has ended */
async function complete(
  batch: OpenBatch,
  source: DeliverySource,
  { commits: most, ms }: Required<BatchOptions>,
  endsAt: () => Promise<Sequence>,
): Promise<boolean> {
  let timer: Timer | undefined;
  try {
    while (batch.isParted || (batch.size < most && !batch.caughtUp)) {
      if (!source.isEmpty) {
        batch.add(source.shift());
        continue;
      }
      if (!batch.isParted && (ms === 0 || batch.size === 0)) break;
      timer ??= new Timer(ms);
      const late = !(await source.fillsBefore(timer));
      if (late && (!batch.isParted || (await endsAt()) <= batch.sequence)) break;
      if (!(await source.fill())) return false;
    }
    return true;
  } finally {
    timer?.stop();
  }
}

class OpenBatch implements Batch {
  readonly commits: Commit[] = [];
  sequence: Sequence = 0;
  caughtUp = false;
  #transactionEnd: Sequence = 0;

  constructor(first: Delivery<DomainEvent>) {
    this.add(first);
  }

  get size(): number {
    return this.commits.length;
  }

  /** The last commit is not the last part of its transaction. */
  get isParted(): boolean {
    return this.#transactionEnd > this.sequence;
  }

  add(delivery: Delivery<DomainEvent>): void {
    this.sequence = delivery.sequence;
    if (delivery.kind === "mark") this.caughtUp ||= delivery.caughtUp;
    else {
      this.commits.push(delivery);
      // Within a transaction no other one begins, whatever a foreign message says.
      if (this.sequence > this.#transactionEnd) this.#transactionEnd = delivery.transactionEnd;
    }
  }
}
