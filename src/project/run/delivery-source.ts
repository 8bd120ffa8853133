import type { Delivery, DomainEvent } from "../../event/index.ts";
import { startTimer, type StopTimer } from "../../event/backend/timer.ts";

type Some = readonly Delivery<DomainEvent>[];

/** Deliveries as they come, to be taken one at a time. */
export class DeliverySource {
  readonly #iterator: AsyncIterator<Some>;
  #asked: Promise<IteratorResult<Some>> | undefined;
  #some: Some = [];
  #next = 0;

  constructor(deliveries: AsyncIterable<Some>) {
    this.#iterator = deliveries[Symbol.asyncIterator]();
  }

  /** Nothing is there without waiting for it. */
  get isEmpty(): boolean {
    return this.#next === this.#some.length;
  }

  /** Take the next one; only when there is one. */
  shift(): Delivery<DomainEvent> {
    return this.#some[this.#next++]!;
  }

  /** Wait until there is one. @returns false when there will not be @throws what the source throws */
  async fill(): Promise<boolean> {
    while (this.isEmpty) {
      const result = await (this.#asked ??= this.#iterator.next());
      this.#asked = undefined;
      if (result.done === true) return false;
      this.#some = result.value;
      this.#next = 0;
    }
    return true;
  }

  /** Does something come, be it the end or an error, before the timer runs out? */
  async fillsBefore(timer: Timer): Promise<boolean> {
    const asked = (this.#asked ??= this.#iterator.next());
    const came = asked.then(
      () => true,
      () => true,
    );
    return Promise.race([came, timer.over]);
  }

  /** The source must have been told to end. */
  async close(): Promise<void> {
    this.#asked?.catch(() => undefined);
    await this.#iterator.return?.();
  }
}

/** Runs out once. */
export class Timer {
  readonly over: Promise<false>;
  #stop: StopTimer = () => undefined;

  constructor(ms: number) {
    this.over = new Promise((resolve) => {
      this.#stop = startTimer(ms, () => resolve(false));
    });
  }

  stop(): void {
    this.#stop();
  }
}
