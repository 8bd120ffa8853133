import { setTimeout as delay } from "node:timers/promises";
import { CorruptError } from "../../event/index.ts";

/** How a witness looks. */
export interface WitnessTiming {
  /** How often a store in use is looked at, in milliseconds. */
  readonly everyMs: number;
  /**
   * How far apart looks must be that agree on an accusation, in milliseconds. A deposed leader
   * answered for 1.8 s before a step-down and for 1.1 s after a partition had healed (nats-server
   * 2.15.1).
   */
  readonly apartMs: number;
}

export const witnessTiming: WitnessTiming = { everyMs: 5_000, apartMs: 5_000 };

/** What a witness needs to know. */
export interface WitnessOptions {
  /** Look once. @returns what is wrong, if anything @throws when it can't be looked at */
  readonly look: () => Promise<Error | undefined>;
  /** How often something went wrong on the way to the server, by which it may be another stream. */
  readonly interruptions: () => number;
  /** Called when what was found wrong is believed. */
  readonly judged: (error: Error) => void;
  readonly timing?: WitnessTiming;
}

/**
 * Watches, for a whole store, that its stream stays what it was seen to be. Nothing is asked for as
 * long as nothing went wrong, but for one look every few seconds. What contradicts what was seen is
 * looked at again and again, and believed when it is still so after `apartMs`; meanwhile who needs
 * the stream waits.
 */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #timing: WitnessTiming;
  readonly #closed = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #readers = new Set<() => void>();
  #used = false;
  /** The interruptions there had been when it was last found in order; -1: it is doubted. */
  #provedAt: number;
  #provedMs = performance.now();
  #verdict: Error | undefined;
  #round: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#timing = options.timing ?? witnessTiming;
    this.#provedAt = options.interruptions();
    this.#timer = setInterval(() => this.#lookNowAndThen(), this.#timing.everyMs).unref();
  }

  /** Has nothing happened since the stream was last found in order? Asking counts as use. */
  trusts(): boolean {
    this.#used = true;
    return this.#provedAt === this.#options.interruptions();
  }

  /** What is wrong with the stream, once that is certain; of a lasting kind unless it is put right. */
  get verdict(): Error | undefined {
    return this.#verdict;
  }

  /**
   * Wait for a look that begins now, or as soon as another one under way is over, and what it leads
   * to.
   * @throws the verdict; {@link UnavailableError} when the stream can't be looked at
   */
  prove(): Promise<void> {
    if (this.#verdict !== undefined) return Promise.reject(this.#verdict);
    return this.#look();
  }

  /** The same, unless the stream is trusted, and was looked at, or `sinceMs` lies, a moment ago. */
  async proveNow(sinceMs: number): Promise<void> {
    const momentsAgo = performance.now() - momentMs;
    if (this.trusts() && Math.max(this.#provedMs, sinceMs) >= momentsAgo) return;
    await this.prove();
  }

  /** Be called when a verdict is found. As long as somebody listens, the store is in use. */
  listen(listener: () => void): () => void {
    this.#readers.add(listener);
    return () => this.#readers.delete(listener);
  }

  /** Look no more. Who waits for a look is told the reason. */
  close(reason: unknown): void {
    clearInterval(this.#timer);
    this.#closed.abort(reason);
  }

  #lookNowAndThen(): void {
    const wanted = this.#used || this.#readers.size > 0 || this.#verdict !== undefined;
    this.#used = false;
    if (!wanted || this.#verdict instanceof CorruptError || this.#round !== undefined) return;
    // What can't be looked at now is looked at before it is used.
    this.#look().catch(() => undefined);
  }

  #look(): Promise<void> {
    // A round under way may have seen what was before.
    this.#next ??= this.#afterRound().then(() => {
      this.#next = undefined;
      this.#round = this.#untilSettled().finally(() => (this.#round = undefined));
      return this.#round;
    });
    return this.#next;
  }

  async #afterRound(): Promise<void> {
    await this.#round?.catch(() => undefined);
  }

  async #untilSettled(): Promise<void> {
    const { look, interruptions } = this.#options;
    const { apartMs } = this.#timing;
    let since = Infinity;
    for (;;) {
      this.#closed.signal.throwIfAborted();
      if (this.#verdict instanceof CorruptError) throw this.#verdict;
      const seen = interruptions();
      const beganMs = performance.now();
      const wrong = await look();
      if (wrong === undefined) {
        this.#verdict = undefined;
        this.#provedAt = seen;
        this.#provedMs = beganMs;
        if (seen === interruptions()) return;
        continue;
      }
      this.#provedAt = -1;
      // What is between two looks that are far apart is not known: they begin anew.
      const slow = performance.now() - beganMs > apartMs / 2;
      since = slow ? Infinity : Math.min(since, beganMs);
      if (beganMs - since >= apartMs) this.#judge(wrong);
      await pause(apartMs / looks, this.#closed.signal);
    }
  }

  #judge(wrong: Error): never {
    const known = this.#verdict !== undefined;
    this.#verdict = wrong;
    if (!known) {
      this.#options.judged(wrong);
      for (const listener of this.#readers) listener();
    }
    throw wrong;
  }
}

/** Keeps no process alive. @throws the signal's reason */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { ref: false, signal }).catch(() => signal.throwIfAborted());
}

/** So many looks fit in the time after which an accusation is believed. */
export const looks = 10;

/** What was proved so long ago, in milliseconds, need not be proved again for the next page. */
const momentMs = 250;
