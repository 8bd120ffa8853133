/** Something timed; returns what it took, in microseconds, which leaves out what it had to prepare. */
export type Timed<Given> = (given: Given) => number | Promise<number>;

/**
 * Time several things against each other, A B C A B C, so that what disturbs one disturbs all; each
 * round begins with another of them. The first two rounds only warm up.
 * @param given - made anew for every round
 * @returns the median of each, in the order of `timed`
 */
export async function interleaved<Given>(
  given: () => Promise<Given>,
  timed: readonly Timed<Given>[],
  rounds: number,
): Promise<number[]> {
  const warmUps = 2;
  const taken = timed.map((): number[] => []);
  for (let round = 0; round < warmUps + rounds; round++) {
    const input = await given();
    for (let turn = 0; turn < timed.length; turn++) {
      const which = (round + turn) % timed.length;
      const spent = await timed[which]!(input);
      if (round >= warmUps) taken[which]!.push(spent);
    }
  }
  return taken.map(median);
}

/** The middle one; of an even number, the upper of the two in the middle. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Microseconds since some moment. */
export function micros(): number {
  return performance.now() * 1_000;
}
