/** How much work a run does. `tiny` only shows that the bench works; its figures mean nothing. */
export type ScaleName = "full" | "quick" | "tiny";

/** A size for each scale. */
export type Sizes = readonly [full: number, quick: number, tiny: number];

/** Picks sizes. */
export interface Scale {
  readonly name: ScaleName;
  /** Measured rounds of each contender, after the one that is dropped. */
  readonly rounds: number;
  pick(...sizes: Sizes): number;
}

const names: readonly ScaleName[] = ["full", "quick", "tiny"];

export function scaleOf(name: ScaleName): Scale {
  const pick = (...sizes: Sizes): number => sizes[names.indexOf(name)]!;
  return { name, rounds: pick(5, 3, 1), pick };
}
