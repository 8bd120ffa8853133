import { InvalidInputError } from "../event/index.ts";
import { checkArgument, isFunction } from "../event/arguments.ts";

/**
 * What is done with each value. It is not begun twice for one value.
 * @param signal - aborts when nobody wants the result any more
 */
export type Projector<T, R> = (value: T, signal: AbortSignal) => R | PromiseLike<R>;

/** How much a projector is given at a time. */
export interface ProjectorOptions {
  /**
   * How many values may wait: for the projector, or with their results for those before them. They
   * are beside the `concurrency` ones that are in hand. 0 or more.
   */
  readonly buffer: number;
  /** How many values the projector has in hand at most. @default 1 */
  readonly concurrency?: number;
}

/** Where results go. */
interface Output<R> {
  next(result: R): void;
  error(error: unknown): void;
}

/** A value that was taken, until its result is handed on. */
interface Held<T, R> {
  readonly value: T;
  outcome?: { readonly result: R } | { readonly error: unknown };
}

/**
 * Values go through a projector, results come out in their order. Where the projector fails, those
 * before are finished, its error takes the place of the result, and no other value is begun; the
 * source's own end comes after all results.
 */
export class OrderedWork<T, R> {
  readonly #projector: Projector<T, R>;
  readonly #out: Output<R>;
  readonly #signal: AbortSignal;
  readonly #concurrency: number;
  readonly #most: number;
  /** Oldest first: done, in hand, waiting. */
  #held: Held<T, R>[] = [];
  #begun = 0;
  #inHand = 0;
  #failed = false;
  #end: (() => void) | undefined;
  #makeRoom: (() => void) | undefined;

  /** @throws {@link InvalidInputError} when an option breaks its rule */
  constructor(
    projector: Projector<T, R>,
    { buffer, concurrency = 1 }: ProjectorOptions,
    out: Output<R>,
    signal: AbortSignal,
  ) {
    checkArgument("projector", projector, isFunction);
    this.#projector = projector;
    this.#out = out;
    this.#signal = signal;
    this.#concurrency = atLeast(1, "concurrency", concurrency);
    this.#most = atLeast(0, "buffer", buffer) + concurrency;
  }

  get isFull(): boolean {
    return this.#held.length >= this.#most;
  }

  take(value: T): void {
    this.#held.push({ value });
    this.#turn();
  }

  /** Resolves when it is not full, or cancelled; undefined when that is now. */
  room(): Promise<void> | undefined {
    if (!this.isFull || this.#signal.aborted) return undefined;
    return new Promise((resolve) => (this.#makeRoom = resolve));
  }

  /** No more values come. @param tell - is called after the last result */
  end(tell: () => void): void {
    this.#end = tell;
    this.#turn();
  }

  /** Call it when the signal has aborted: whoever waits for room goes on, and nothing is kept. */
  cancel(): void {
    this.#held = [];
    this.#makeRoom?.();
  }

  #turn(): void {
    for (let first = this.#held[0]; first?.outcome !== undefined; first = this.#held[0]) {
      this.#held.shift();
      this.#begun--;
      if ("error" in first.outcome) this.#out.error(first.outcome.error);
      else this.#out.next(first.outcome.result);
      if (this.#signal.aborted) return;
    }
    while (!this.#failed && this.#inHand < this.#concurrency && this.#begun < this.#held.length) {
      void this.#project(this.#held[this.#begun++]!);
    }
    if (!this.isFull) this.#makeRoom?.();
    if (this.#held.length === 0) this.#end?.();
  }

  async #project(held: Held<T, R>): Promise<void> {
    this.#inHand++;
    try {
      held.outcome = { result: await this.#projector(held.value, this.#signal) };
    } catch (error) {
      held.outcome = { error };
      this.#failed = true;
    }
    this.#inHand--;
    if (!this.#signal.aborted) this.#turn();
  }
}

function atLeast(least: number, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new InvalidInputError(name, `must be a whole number, ${least} or more`, value);
}
