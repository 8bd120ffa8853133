import { createDice, type Dice } from "./dice.ts";
import { waiters } from "./menu.ts";

/** A waiter at work. */
export interface Waiter {
  readonly name: string;
  /** The tables they look after. */
  readonly tables: readonly number[];
  /** The tab of each of them, by table. */
  readonly tabs: Map<number, string>;
  /** What their guests feel like. */
  readonly dice: Dice;
  /** What they were asked for and paid, to be held against what is stored. */
  readonly notes: Takings;
}

export interface Takings {
  items: number;
  paidCents: number;
}

/** Where all waiters take orders at once. The first one opens its tab and carries. */
export const regularsTable = 9;

/** The waiters, two tables each, and guests who order what they ordered in evening `seed`. */
export function callTeam(seed: number): Waiter[] {
  return waiters.map((name, index) => {
    const own = [2 * index + 1, 2 * index + 2];
    return {
      name,
      tables: index === 0 ? [...own, regularsTable] : own,
      tabs: new Map(),
      dice: createDice(seed * waiters.length + index),
      notes: { items: 0, paidCents: 0 },
    };
  });
}
