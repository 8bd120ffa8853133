import { checkArgument, isBytes } from "../arguments.ts";
import { ClosedError } from "../errors.ts";
import type { Bucket } from "../bucket.ts";
import { errorText } from "../error-text.ts";
import type { Warn } from "../listener.ts";
import type { ReadOptions } from "../replay.ts";
import { delay } from "./timer.ts";
import { checkReadOptions } from "./checked-options.ts";

/** How long what nobody awaits is waited for, in milliseconds. */
const closeMs = 5_000;

/** How long what ends with it is, where something hangs already. */
const hangingMs = 1_000;

/** How long a store is open, and what `close()` waits for; for backends. */
export class StoreLifetime {
  readonly #what: string;
  readonly #ended = new AbortController();
  readonly #work = new Set<Promise<unknown>>();
  readonly #warn: Warn;
  readonly #verdict: () => Error | undefined;
  /** It was closed without waiting any longer, and that was said. */
  #givenUp = false;

  /**
   * @param warn - must not throw; see `warnBy`
   * @param verdict - why the store can't be used, although it is open
   */
  constructor(what: string, warn: Warn, verdict: () => Error | undefined = () => undefined) {
    this.#what = what;
    this.#warn = warn;
    this.#verdict = verdict;
  }

  /** Aborts when the store is closed. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** @throws {@link ClosedError} when the store is closed; why it can't be used */
  assertOpen(): void {
    if (this.#ended.signal.aborted) throw new ClosedError(`${this.#what} is closed`);
    const verdict = this.#verdict();
    if (verdict !== undefined) throw verdict;
  }

  /**
   * @throws as {@link assertOpen}; {@link InvalidInputError} naming the option; the signal's reason
   */
  assertReadable(options: ReadOptions): void {
    this.assertOpen();
    checkReadOptions(options);
    options.signal?.throwIfAborted();
  }

  /** Work that nobody awaits; its failure becomes a warning. */
  defer(work: Promise<unknown>, what: string): void {
    const settled = work.catch((cause: unknown) => {
      if (this.#givenUp) return;
      this.#warn({ code: what, message: `${what} failed: ${errorText(cause)}`, cause });
    });
    this.#work.add(settled);
    void settled.then(() => this.#work.delete(settled));
  }

  /** A bucket that is closed with the store. */
  guard(bucket: Bucket): Bucket {
    return {
      get: async (key, options) => (this.assertOpen(), bucket.get(key, options)),
      put: async (key, value, expected) => {
        this.assertOpen();
        checkArgument("value", value, isBytes);
        return bucket.put(key, value, expected);
      },
      remove: async (key) => (this.assertOpen(), bucket.remove(key)),
      keys: () => (this.assertOpen(), bucket.keys()),
    };
  }

  /**
   * Wait for deferred work, end everything that listens to {@link signal}, and wait for that: for 5 s
   * at most, and another one where it hangs (on a server that is away). What is left then is given up.
   */
  async close(): Promise<void> {
    await this.#settleIn(closeMs);
    this.#ended.abort(new ClosedError(`${this.#what} is closed`));
    await this.#settleIn(this.#givenUp ? hangingMs : closeMs);
  }

  async #settleIn(ms: number): Promise<void> {
    if (this.#work.size === 0) return;
    let isLate = false;
    const over = new AbortController();
    const limit = delay(ms, { signal: over.signal }).then(
      () => (isLate = true),
      () => undefined,
    );
    await Promise.race([this.#settle(), limit]);
    over.abort();
    if (!isLate || this.#givenUp) return;
    this.#givenUp = true;
    const left = `${this.#work.size} of what it does by itself (snapshots, ends of subscriptions)`;
    const message = `${this.#what} is closed without ${left}: not done within ${ms} ms`;
    this.#warn({ code: "close", message });
  }

  async #settle(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }
}
