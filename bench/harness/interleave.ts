import type { Context, Figures } from "./scenario.ts";
import { short } from "./scenario.ts";
import { median, spread } from "./statistics.ts";

/** One way to do a key's work. */
export interface Contender {
  readonly name: string;
  /** Do one round of it; 0 is the warm-up, which is dropped. @returns the round's figure */
  round(index: number): Promise<number>;
  /** At most so many measured rounds, for one that is slow. */
  readonly maxRounds?: number;
}

/**
 * Measure contenders by turns: A B C, B C A, C A B …, after a warm-up of each, so that none has
 * always the same one before it. The figures are of `unit`.
 */
export async function interleave(
  { scale, signal, say }: Context,
  unit: string,
  contenders: readonly Contender[],
): Promise<readonly Figures[]> {
  const rounds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let index = 0; index <= scale.rounds; index++) {
    for (const { name, round, maxRounds = scale.rounds } of beginningAt(contenders, index)) {
      if (index > maxRounds) continue;
      signal.throwIfAborted();
      const figure = await round(index);
      say(
        `${index === 0 ? "warm-up" : `round ${index}/${maxRounds}`} ${name}: ${short(figure)} ${unit}`,
      );
      if (index > 0) rounds.get(name)!.push(figure);
    }
  }
  return [...rounds].map(([contender, all]) => figuresOf(contender, unit, all));
}

function beginningAt<T>(all: readonly T[], index: number): readonly T[] {
  const first = index % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

export function figuresOf(contender: string, unit: string, rounds: readonly number[]): Figures {
  return { contender, unit, rounds, median: median(rounds), spread: spread(rounds) };
}

/** The median of the contender of this name. @throws when it did not take part */
export function medianOf(figures: readonly Figures[], contender: string): number {
  const found = figures.find((one) => one.contender === contender);
  if (found === undefined) throw new RangeError(`${contender} did not take part`);
  return found.median;
}

/**
 * How many times faster jetfold (the first) is than each of the others.
 * @param higher - is a higher figure faster (a rate), or a lower one (a time)?
 */
export function ratios(figures: readonly Figures[], higher: boolean): Record<string, number> {
  const [first, ...others] = figures;
  return Object.fromEntries(
    others.map(({ contender, median: theirs }) => [
      contender,
      higher ? first!.median / theirs : theirs / first!.median,
    ]),
  );
}
