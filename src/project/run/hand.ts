import type { Sequence } from "../../event/index.ts";

/**
 * What a projection has in hand, where somebody outside of its thread can see it: an event that ends
 * the thread can't be counted within.
 */
export interface Hand {
  /** Commits are about to be handled; first and last, inclusive. */
  hold(first: Sequence, last: Sequence): void;
  /** They are done with. */
  release(): void;
  /** A crash may have come of this commit. */
  suspicionOf(sequence: Sequence): Suspicion | undefined;
  /** It was handled after all. */
  acquit(sequence: Sequence): void;
}

/** What threads before this one have crashed at. */
export interface Suspicion {
  /** So often with this commit alone in hand; 0: among others, or it was not known. */
  readonly crashes: number;
  /** How the last thread ended. */
  readonly cause: unknown;
}

/** The hands of a thread's projections, by their names. */
export interface Hands {
  of(key: string): Hand;
}

/** Known to each copy of the package in the thread: who starts it need not be who handles. */
const handsKey: unique symbol = Symbol.for("jetfold.hands") as never;

interface Lending {
  [handsKey]?: Hands;
}

/** From now on they are seen, in this thread. */
export function showHands(hands: Hands): void {
  (globalThis as Lending)[handsKey] = hands;
}

/** The hand of a projection; nobody sees it where no thread was started for it. */
export function handOf(key: string): Hand {
  return (globalThis as Lending)[handsKey]?.of(key) ?? unseen;
}

export const unseen: Hand = {
  hold: () => undefined,
  release: () => undefined,
  suspicionOf: () => undefined,
  acquit: () => undefined,
};
