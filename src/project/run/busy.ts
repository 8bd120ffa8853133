import type { Envelope } from "../../event/index.ts";
import type { Warn } from "../../event/backend/index.ts";
import { startTimer, type StopTimer } from "../../event/backend/timer.ts";

/** A handler is taken for one that may never settle after this, in milliseconds. */
const longMs = 30_000;

/** Whose handlers. */
export interface BusyOptions {
  /** For the warning. */
  readonly what: string;
  /** They are given a transaction. */
  readonly transactional: boolean;
  readonly warn: Warn;
}

/** Since when a handler is busy: one that does not settle is told of, once for each call. */
export class Busy {
  readonly #options: BusyOptions;
  #sinceMs: number | undefined;
  #with: Envelope | undefined;
  /** One for many calls: it looks who is busy when it is over. */
  #stopTimer: StopTimer | undefined;
  #told = false;
  #closed = false;

  constructor(options: BusyOptions) {
    this.#options = options;
  }

  /** By this process's clock, in milliseconds since 1970; undefined while no handler is awaited. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  /** A handler's promise is awaited. @throws what it rejects with */
  async awaited<T>(handled: T | PromiseLike<T>, envelope?: Envelope): Promise<T> {
    this.begin(envelope);
    try {
      return await handled;
    } finally {
      this.end();
    }
  }

  /** A handler is awaited. @param envelope - of the event in hand, or the first of them */
  begin(envelope?: Envelope): void {
    if (this.#closed) return;
    this.#sinceMs = Date.now();
    this.#with = envelope;
    this.#told = false;
    if (this.#stopTimer === undefined) this.#lookIn(longMs);
  }

  end(): void {
    this.#sinceMs = undefined;
    this.#with = undefined;
  }

  /** Nothing is told any more, and no timer is left. */
  close(): void {
    this.#closed = true;
    this.end();
    this.#stopTimer?.();
  }

  #lookIn(ms: number): void {
    this.#stopTimer = startTimer(ms, () => this.#look(), { ref: false });
  }

  #look(): void {
    this.#stopTimer = undefined;
    if (this.#sinceMs === undefined || this.#told) return;
    const leftMs = this.#sinceMs + longMs - Date.now();
    if (leftMs > 0) return this.#lookIn(leftMs);
    this.#told = true;
    this.#options.warn({ code: "busy", message: this.#message() });
  }

  #message(): string {
    const { what, transactional } = this.#options;
    const { family, id, revision } = this.#with ?? {};
    const at = family === undefined ? "" : ` with ${family} "${id}" at revision ${revision}`;
    const since = new Date(this.#sinceMs!).toISOString();
    const ownWait =
      "Does it query the database itself (db.query, pool.query), and not the tx it is given? Where " +
      "there is one connection (PGlite, a pool of one) that waits for the handler's own transaction. " +
      "Otherwise what";
    const cause = transactional ? ownWait : "What";
    return (
      `a handler of ${what} is busy${at} since ${since}, and nothing else is handled meanwhile. ` +
      `${cause} it awaits does not answer: give that a deadline, and the signal of its last argument`
    );
  }
}
