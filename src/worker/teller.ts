import type { Running } from "../project/index.ts";
import { formOf } from "./error-form.ts";
import type { ToMain, WorkerStatus } from "./messages.ts";

/** A rate that only fades is told no more often than this, in milliseconds. */
const fadeMs = 1_000;

/** Tells the main thread how its projection is, when there is something new. */
export class Teller {
  readonly #running: Running;
  readonly #send: (message: ToMain) => void;
  #told: WorkerStatus | undefined;
  #toldMs = 0;

  constructor(running: Running, send: (message: ToMain) => void) {
    this.#running = running;
    this.#send = send;
  }

  tell(): void {
    const { state, position, handled, rate, active, busySinceMs } = this.#running;
    const told = this.#told;
    const now = performance.now();
    const same =
      told !== undefined &&
      told.state === state &&
      told.position === position &&
      told.handled === handled &&
      told.active === active &&
      told.busySinceMs === busySinceMs &&
      (told.rate === rate || now - this.#toldMs < fadeMs);
    if (same) return;
    const { error, failure } = this.#running;
    const place = failure && {
      family: failure.family,
      id: failure.id,
      sequence: failure.sequence,
      attempts: failure.attempts,
    };
    const form = error === undefined ? undefined : formOf(error);
    this.#told = {
      state,
      position,
      handled,
      rate,
      active,
      busySinceMs,
      error: form,
      failure: place,
    };
    this.#toldMs = now;
    this.#send({ kind: "status", status: this.#told });
  }
}
