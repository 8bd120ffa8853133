/**
 * What a key has opened. It is closed after the key whatever became of it, also when it hangs: a
 * promise that never settles runs no `finally` of its own.
 */
export class Resources {
  readonly #closers: { readonly what: string; close(): unknown }[] = [];

  /** Close it later; the last one kept is closed first. */
  keep<T>(what: string, value: T, close: (value: T) => unknown): T {
    this.#closers.push({ what, close: () => close(value) });
    return value;
  }

  /** Close everything. @returns what could not be closed */
  async close(): Promise<readonly string[]> {
    const failures: string[] = [];
    for (let last = this.#closers.pop(); last !== undefined; last = this.#closers.pop()) {
      const { what, close } = last;
      const closed = within(Promise.resolve().then(close), closeTimeoutMs);
      await closed.catch((error: unknown) => failures.push(`${what}: ${String(error)}`));
    }
    return failures;
  }
}

const closeTimeoutMs = 20_000;

async function within(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not closed after ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
