/** How long one of the two windows is over which a rate is taken, in milliseconds. */
const windowMs = 5_000;

/** Counts what happens, and tells how often of late. */
export class Rate {
  #count = 0;
  #since = performance.now();
  #countBefore = 0;
  #before = this.#since;

  add(count: number): void {
    const now = performance.now();
    if (now - this.#since > windowMs) {
      this.#before = this.#since;
      this.#countBefore = this.#count;
      this.#since = now;
      this.#count = 0;
    }
    this.#count += count;
  }

  /** Over the last 5 to 10 s, or since the beginning; 0 when nothing has happened for long. */
  get perSecond(): number {
    const now = performance.now();
    const quiet = now - this.#since > 2 * windowMs;
    const ms = now - (quiet ? this.#since : this.#before);
    const count = this.#count + (quiet ? 0 : this.#countBefore);
    return ms === 0 ? 0 : (count * 1_000) / ms;
  }
}
