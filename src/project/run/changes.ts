import { call, type Warn } from "../../event/backend/index.ts";

/** Those who want to know when something has changed. */
export class Changes {
  readonly #listeners = new Set<() => void>();
  readonly #warn: Warn | undefined;
  #telling = false;

  /** @param warn - told what a listener throws; that is no other listener's affair */
  constructor(warn?: Warn) {
    this.#warn = warn;
  }

  /** Does anybody want to? */
  get heard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Be called after changes, once for all of one moment. @returns takes the listener off */
  listen(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Something has changed. */
  tell(): void {
    if (this.#telling || this.#listeners.size === 0) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      for (const listener of [...this.#listeners]) {
        if (this.#listeners.has(listener)) call("onChange", listener, [], this.#warn);
      }
    });
  }
}
