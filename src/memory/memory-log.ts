import { newId, type Sequence } from "../event/index.ts";
import type { Appended, NewMessage, StoredMessage } from "../event/backend/index.ts";

/**
 * What a memory store holds: the same frames as a stream, in an array. Give it to several stores
 * to let them share it, as processes share a server.
 */
export class MemoryLog {
  readonly storeId: string = newId();
  readonly buckets: Map<string, Map<string, { value: Uint8Array; revision: number }>> = new Map();
  readonly #listeners = new Set<() => void>();
  readonly #aggregates = new Map<string, StoredMessage[]>();
  readonly #commitIds = new Map<string, Sequence>();
  #messages: StoredMessage[] = [];
  #lastSequence: Sequence = 0;
  #nextRevision = 1;

  /** The sequence of the last message ever stored; 0 for none. */
  get lastSequence(): Sequence {
    return this.#lastSequence;
  }

  /** The aggregate's messages, oldest first. */
  of(family: string, id: string): readonly StoredMessage[] {
    return this.#aggregates.get(`${family}.${id}`) ?? [];
  }

  /** Every aggregate's last message. */
  *heads(): Iterable<StoredMessage> {
    for (const messages of this.#aggregates.values()) yield messages.at(-1)!;
  }

  /** At most `count` messages after a sequence (exclusive), oldest first. */
  after(sequence: Sequence, count: number): readonly StoredMessage[] {
    const start = this.#indexAfter(sequence);
    return this.#messages.slice(start, start + count);
  }

  /** How many messages after a sequence (exclusive) are wanted. */
  count(sequence: Sequence, wanted: (message: StoredMessage) => boolean): number {
    let count = 0;
    for (let i = this.#indexAfter(sequence); i < this.#messages.length; i++) {
      if (wanted(this.#messages[i]!)) count++;
    }
    return count;
  }

  at(sequence: Sequence): StoredMessage | undefined {
    const message = this.#messages[this.#indexAfter(sequence - 1)];
    return message?.sequence === sequence ? message : undefined;
  }

  /** Store all, side by side, or none. Remembers commit ids, as a server does for a while. */
  append(messages: readonly NewMessage[]): Appended {
    const known = messages.map((message) => this.#sequenceOf(message));
    if (known.some((sequence) => sequence !== undefined)) {
      return { kind: "duplicate", sequence: messages.length === 1 ? known[0] : undefined };
    }
    const holds = messages.every(
      ({ family, id, expected }) => (this.of(family, id).at(-1)?.sequence ?? 0) === expected,
    );
    if (!holds) return { kind: "conflict" };
    const timeMs = Date.now();
    for (const message of messages) {
      const sequence = this.put(message.family, message.id, message.payload, timeMs);
      if (message.remembered) this.#commitIds.set(commitKey(message), sequence);
    }
    for (const listener of this.#listeners) listener();
    return { kind: "stored", sequence: this.#lastSequence };
  }

  /** Store a message without any check, as a foreign publisher could. */
  put(family: string, id: string, payload: Uint8Array, timeMs: number = Date.now()): Sequence {
    const sequence = ++this.#lastSequence;
    const message = { sequence, timeMs, family, id, payload };
    this.#messages.push(message);
    const key = `${family}.${id}`;
    const aggregate = this.#aggregates.get(key);
    if (aggregate === undefined) this.#aggregates.set(key, [message]);
    else aggregate.push(message);
    return sequence;
  }

  /** Delete an aggregate's messages below a sequence (exclusive). @returns how many */
  purge(family: string, id: string, before: Sequence): number {
    const purged = new Set(this.of(family, id).filter((message) => message.sequence < before));
    const kept = this.of(family, id).filter((message) => !purged.has(message));
    this.#aggregates.set(`${family}.${id}`, kept);
    this.#messages = this.#messages.filter((message) => !purged.has(message));
    return purged.size;
  }

  /** A number greater than any it gave before. */
  nextRevision(): number {
    return this.#nextRevision++;
  }

  /** Be called after each append. @returns the way to stop */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** How many listen: 0 when nothing was left behind. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Where a commit of this id is remembered to lie, if that matters to who asks. */
  #sequenceOf(message: NewMessage): Sequence | undefined {
    return message.remembered ? this.#commitIds.get(commitKey(message)) : undefined;
  }

  #indexAfter(sequence: Sequence): number {
    let low = 0;
    let high = this.#messages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#messages[middle]!.sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function commitKey({ family, id, commitId }: NewMessage): string {
  return `${family}.${id}:${commitId}`;
}
