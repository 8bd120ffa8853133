/** Those who want to know when something has changed. */
export class Changes {
  readonly #listeners = new Set<() => void>();
  #telling = false;

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
      for (const listener of this.#listeners) this.#call(listener);
    });
  }

  /** What a listener throws is its own affair, and no other listener's: it is uncaught. */
  #call(listener: () => void): void {
    queueMicrotask(() => {
      if (this.#listeners.has(listener)) listener();
    });
  }
}
