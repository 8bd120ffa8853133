/** The middle of some figures; the mean of the two middle ones when their number is even. */
export function median(figures: readonly number[]): number {
  if (figures.length === 0) throw new RangeError("no figures");
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How far the rounds lie apart: (highest - lowest) / median; 0 for one round. */
export function spread(figures: readonly number[]): number {
  return (Math.max(...figures) - Math.min(...figures)) / median(figures);
}

/** Do something `times` times, one after the other. @returns the median of their times, in microseconds */
export async function p50Us(
  times: number,
  signal: AbortSignal,
  step: (index: number) => Promise<unknown>,
): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    signal.throwIfAborted();
    const start = performance.now();
    await step(i);
    taken.push((performance.now() - start) * 1000);
  }
  return median(taken);
}

/** Do something once. @returns how long it took, in milliseconds */
export async function wallMs(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
