/**
 * How the replicas of a stream answer of late. Any of them may be asked for a message; one that is
 * frozen never answers, one that lags lacks what others have, so the leader has the last word.
 */
export class Replicas {
  readonly #several: boolean;
  #typicalMs = firstTypicalMs;
  #leaderUntil = 0;
  #leaderMs = shortestMs;
  #unservedUntil = 0;

  /** @param several - with one server there is nobody else to ask */
  constructor(several: boolean) {
    this.#several = several;
  }

  /** How long an answer may take before the leader is asked, in milliseconds: four times the usual. */
  get waitMs(): number {
    if (!this.#several) return patientMs;
    return Math.min(longestWaitMs, Math.max(shortestWaitMs, 4 * this.#typicalMs));
  }

  /** One of them was silent a moment ago: better ask the leader at once. */
  get silent(): boolean {
    return this.#leaderUntil > 0 && performance.now() < this.#leaderUntil;
  }

  /** Nobody at all served direct gets a moment ago, neither a replica nor a mirror. */
  get unserved(): boolean {
    return performance.now() < this.#unservedUntil;
  }

  /** Nobody was there to be asked. */
  wereAway(): void {
    this.#unservedUntil = performance.now() + longestMs;
  }

  /** @param sentAt - when the request was sent, by `performance.now()` */
  answered(sentAt: number): void {
    this.#typicalMs += (performance.now() - sentAt - this.#typicalMs) / 20;
  }

  /** One did not answer in time. Each time after a short peace the leader is preferred for longer. */
  timedOut(): void {
    const now = performance.now();
    if (!this.#several || now < this.#leaderUntil) return;
    const soon = now < this.#leaderUntil + this.#leaderMs;
    this.#leaderMs = soon ? Math.min(longestMs, 2 * this.#leaderMs) : shortestMs;
    this.#leaderUntil = now + this.#leaderMs;
  }
}

const firstTypicalMs = 12.5;
const shortestWaitMs = 20;
const longestWaitMs = 250;
/** A single server is waited for as long as any read attempt. */
const patientMs = 2_000;

/** How long the leader is preferred, in milliseconds, at first and at most. */
const shortestMs = 1_000;
const longestMs = 15_000;
