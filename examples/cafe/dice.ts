/** Chance that can be repeated. */
export interface Dice {
  /** A whole number from 1 to `sides`. */
  roll(sides: number): number;
  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item;
}

/** Dice that fall alike for the same seed (mulberry32). */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = (sides: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (((bits ^ (bits >>> 14)) >>> 0) % sides) + 1;
  };
  return { roll, pick: (items) => items[roll(items.length) - 1]! };
}
