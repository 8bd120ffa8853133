import { setTimeout as delay } from "node:timers/promises";

/** Poll a condition until it gives something other than undefined or false. @throws after `timeoutMs` */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeoutMs = 40_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(5);
  }
}

/** The promise's value. @throws when it takes longer, which a test must never wait out in silence */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs = 40_000): Promise<T> {
  const timer = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what}: not within ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
    late.catch(() => undefined);
  }
}
