import { isJetfoldError, StandbyError } from "../../event/index.ts";
import { orAbort } from "../../event/backend/index.ts";
import { startTimer, type StopTimer } from "../../event/backend/timer.ts";
import { isOutage } from "../run/handler-failure.ts";
import type { LeaseCell } from "./lease-cell.ts";

/** So many renewals fit into the time after which another process takes over. */
const renewals = 4;

/**
 * The right to run a projection, renewed until it is released or over. No clock is compared with
 * another machine's: it holds for `takeOverMs` from when its last successful renewal was sent, by
 * this process's clock, and whoever waits for it counts as long from when it has seen that renewal.
 */
export class Lease {
  readonly takeOverMs: number;
  readonly #cell: LeaseCell;
  readonly #over = new AbortController();
  #revision: number;
  #untilMs = 0;
  #released = false;
  #stopExpiry: StopTimer | undefined;
  #stopRenewal: StopTimer | undefined;
  #renewing: Promise<void> = Promise.resolve();

  private constructor(cell: LeaseCell, revision: number, sentMs: number) {
    this.takeOverMs = cell.takeOverMs;
    this.#cell = cell;
    this.#revision = revision;
    this.#extend(sentMs);
    this.#renewAfter(sentMs);
  }

  /**
   * Take it from whoever has it. Whoever takes it must release it.
   * @param expected - its revision; 0: nobody ever had it
   * @throws {@link BucketConflictError} when somebody else was quicker
   */
  static async take(cell: LeaseCell, expected: number): Promise<Lease> {
    const sentMs = performance.now();
    return new Lease(cell, await cell.write(false, expected), sentMs);
  }

  /** Aborts, with why, when another process may have the right or has it. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /**
   * Is it over, whether or not a timer had its turn? A process that hung has to ask before it does
   * anything.
   * @throws why it is over
   */
  check(): void {
    if (performance.now() >= this.#untilMs) this.#runOut();
    this.over.throwIfAborted();
  }

  /** Give it back, if it is not over. Resolves when others may have it, never later than it ends. */
  async release(): Promise<void> {
    this.#released = true;
    this.#stopRenewal?.();
    if (!this.over.aborted) await orAbort(this.#free(), this.over).catch(() => undefined);
    this.#stopExpiry?.();
  }

  async #free(): Promise<void> {
    await this.#renewing;
    if (!this.over.aborted) await this.#cell.write(true, this.#revision);
  }

  #extend(sentMs: number): void {
    this.#untilMs = sentMs + this.takeOverMs;
    this.#stopExpiry?.();
    this.#stopExpiry = startTimer(this.#untilMs - performance.now(), () => this.#runOut());
  }

  #renewAfter(sentMs: number): void {
    const dueMs = sentMs + this.takeOverMs / renewals;
    const renew = (): void => void (this.#renewing = this.#renew());
    this.#stopRenewal = startTimer(dueMs - performance.now(), renew);
  }

  async #renew(): Promise<void> {
    const sentMs = performance.now();
    // Not by a process that hung until now.
    if (sentMs >= this.#untilMs) return this.#runOut();
    try {
      this.#revision = await this.#cell.write(false, this.#revision);
      if (!this.over.aborted) this.#extend(sentMs);
    } catch (error) {
      if (!isOutage(error)) this.#end(lost(error));
    }
    if (!this.over.aborted && !this.#released) this.#renewAfter(sentMs);
  }

  #runOut(): void {
    const detail = `its lease was not renewed within ${this.takeOverMs} ms`;
    this.#end(new StandbyError(`the projection stands by: ${detail}`));
  }

  #end(reason: unknown): void {
    this.#stopExpiry?.();
    this.#stopRenewal?.();
    this.#over.abort(reason);
  }
}

/** Why a lease is over whose renewal was refused. */
function lost(cause: unknown): unknown {
  if (!isJetfoldError(cause, "bucket-conflict")) return cause;
  return new StandbyError("the projection stands by: another process has taken over", { cause });
}
