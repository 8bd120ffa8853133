import { isJetfoldError } from "../../event/index.ts";
import { delay, every, type StopTimer } from "../../event/backend/timer.ts";

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

/** What one look finds wrong. */
export interface Wrong {
  readonly error: Error;
  /** It is the same stream, and has lost its messages: who was reading it reads what is left. */
  readonly same?: boolean;
}

/** What a witness needs to know. */
export interface WitnessOptions {
  /** Look once. @returns what is wrong, if anything @throws when it can't be looked at */
  readonly look: () => Promise<Wrong | undefined>;
  /** How often something went wrong on the way to the server, by which it may be another stream. */
  readonly interruptions: () => number;
  /** Called when what was found wrong is believed. */
  readonly judged: (error: Error) => void;
  readonly timing?: WitnessTiming;
}

/**
 * Watches, for a whole store, that its stream stays what it was seen to be. Nothing is asked for as
 * long as nothing went wrong, but for one look every few seconds, and one before an idle store is
 * believed again. What contradicts what was seen is
 * looked at again and again, and believed when it is still so after `apartMs`; meanwhile who needs
 * the stream waits.
 */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #timing: WitnessTiming;
  readonly #closed = new AbortController();
  readonly #stopTimer: StopTimer;
  readonly #readers = new Set<() => void>();
  readonly #reading = new Set<Reading>();
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
    const { everyMs } = this.#timing;
    this.#stopTimer = every(everyMs, () => this.#lookNowAndThen(), { ref: false });
  }

  /** Has nothing happened since the stream was last found in order? Asking counts as use. */
  trusts(): boolean {
    this.#used = true;
    return this.#provedAt === this.#options.interruptions();
  }

  /** Was the stream found in order so lately that a look now and then would not look again? */
  isRecent(): boolean {
    return performance.now() - this.#provedMs < this.#timing.everyMs;
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

  /**
   * Wait until it is known that what was read up to now was of the stream: it was looked at a moment
   * ago, or is now.
   * @throws as {@link prove}, but for a stream that is still the same and has lost messages
   */
  async proveNow(): Promise<void> {
    const nowMs = performance.now();
    if (this.trusts() && this.#provedMs >= nowMs - momentMs) return;
    let reading: Reading | undefined;
    const same = new Promise<void>((goOn) => (reading = { sinceMs: nowMs, goOn }));
    this.#reading.add(reading!);
    const proof = this.prove();
    try {
      await Promise.race([proof, same]);
    } finally {
      this.#reading.delete(reading!);
      // Whoever asks next is told.
      proof.catch(() => undefined);
    }
  }

  /** Be called when a verdict is found. As long as somebody listens, the store is in use. */
  listen(listener: () => void): () => void {
    this.#readers.add(listener);
    return () => this.#readers.delete(listener);
  }

  /** Look no more. Who waits for a look is told the reason. */
  close(reason: unknown): void {
    this.#stopTimer();
    this.#closed.abort(reason);
  }

  #lookNowAndThen(): void {
    const wanted = this.#used || this.#readers.size > 0 || this.#verdict !== undefined;
    this.#used = false;
    if (!wanted || isJetfoldError(this.#verdict, "stream-changed") || this.#round !== undefined)
      return;
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
      if (isJetfoldError(this.#verdict, "stream-changed")) throw this.#verdict;
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
      if (wrong.same) this.#readOn(beganMs);
      // What is between two looks that are far apart is not known: they begin anew.
      const slow = performance.now() - beganMs > apartMs / 2;
      since = slow ? Infinity : Math.min(since, beganMs);
      // Who has believed it does not wait again.
      if (this.#verdict !== undefined || beganMs - since >= apartMs) this.#judge(wrong.error);
      await pause(apartMs / looks, this.#closed.signal);
    }
  }

  #readOn(lookedMs: number): void {
    for (const { sinceMs, goOn } of this.#reading) if (sinceMs <= lookedMs) goOn();
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

/** Somebody who has read something, and waits for a look that begins after that. */
interface Reading {
  readonly sinceMs: number;
  readonly goOn: () => void;
}

/** Keeps no process alive. @throws the signal's reason */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, { ref: false, signal });
}

/** So many looks fit in the time after which an accusation is believed. */
export const looks = 10;

/** What was proved so long ago, in milliseconds, need not be proved again for what is read now. */
const momentMs = 250;
