import type { StoredMessage } from "../../event/backend/index.ts";

/** How much is given at a time: the reader takes apart no more at once. */
const maxBatch = 1_000;
const maxBatchBytes = 1 << 20;

/** What a feed has received and its reader has not taken yet, in order. */
export class Backlog {
  #batches: Batch[] = [];
  #bytes = 0;
  #received = 0;
  #taken = 0;

  /** How much it holds, in bytes as received. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many messages were ever added. */
  get received(): number {
    return this.#received;
  }

  /** How many of them were taken. */
  get taken(): number {
    return this.#taken;
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  add(message: StoredMessage, bytes: number): void {
    let batch = this.#batches.at(-1);
    if (batch === undefined || isFull(batch)) {
      this.#batches.push((batch = { messages: [], bytes: 0 }));
    }
    batch.messages.push(message);
    batch.bytes += bytes;
    this.#bytes += bytes;
    this.#received++;
  }

  /** The oldest messages: at most 1,000, and 1 MiB or one more. */
  take(): readonly StoredMessage[] {
    const batch = this.#batches.shift();
    if (batch === undefined) return [];
    this.#bytes -= batch.bytes;
    this.#taken += batch.messages.length;
    return batch.messages;
  }
}

function isFull({ messages, bytes }: Batch): boolean {
  return messages.length >= maxBatch || bytes >= maxBatchBytes;
}

interface Batch {
  readonly messages: StoredMessage[];
  bytes: number;
}
