/** The longest wait for a projection, in milliseconds. */
export const waitMs = 120_000;

/**
 * Project so many events.
 * @param project - resolves when they are projected; with what is still to be closed then, which is
 *   not measured
 * @param pausesMs - so much of its time is not counted
 * @returns how many events a second
 */
export async function perSecond(
  events: number,
  project: () => Promise<void | (() => Promise<unknown>)>,
  pausesMs: number = 0,
): Promise<number> {
  const start = performance.now();
  const close = await project();
  const ms = performance.now() - start - pausesMs;
  await close?.();
  return events / (ms / 1000);
}
