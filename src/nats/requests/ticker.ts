import { startTimer, type StopTimer } from "../../event/backend/timer.ts";

/** How often deadlines are looked at, in milliseconds. */
const tickMs = 10;

/** One timer for all deadlines of a connection, as long as there are any. */
export class Ticker {
  readonly #look: () => void;
  readonly #isNeeded: () => boolean;
  #stopTimer: StopTimer | undefined;

  constructor(look: () => void, isNeeded: () => boolean) {
    this.#look = look;
    this.#isNeeded = isNeeded;
  }

  start(): void {
    if (this.#stopTimer !== undefined) return;
    const due = performance.now() + tickMs;
    this.#stopTimer = startTimer(tickMs, () => {
      this.#stopTimer = undefined;
      // A tick that comes late tells that this process was busy: what waits to be read comes first.
      if (performance.now() < due + tickMs) this.#look();
      else setImmediate(() => this.#look());
      if (this.#isNeeded()) this.start();
    });
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }
}
