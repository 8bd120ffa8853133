import { InvalidInputError } from "../errors.ts";
import type { ReplayOptions } from "../replay.ts";
import { checkSequence, type Sequence } from "../sequence.ts";
import type { SubscribeOptions } from "../subscribe.ts";

/** The bounds of a replay, checked. */
export interface ReplayBounds {
  /** Exclusive. */
  readonly after: Sequence;
  /** Inclusive; Infinity for none. */
  readonly untilSequence: Sequence;
  /** Inclusive, in milliseconds since 1970; Infinity for none. */
  readonly untilMs: number;
}

/** The bounds of a replay, checked. @throws {@link InvalidInputError} naming the option */
export function checkReplayOptions({ after = 0, until }: ReplayOptions): ReplayBounds {
  checkSequence("after", after);
  if (until === undefined) return { after, untilSequence: Infinity, untilMs: Infinity };
  if (until instanceof Date) {
    const untilMs = until.getTime();
    if (Number.isNaN(untilMs)) throw new InvalidInputError("until", "must be a valid Date", until);
    return { after, untilSequence: Infinity, untilMs };
  }
  return { after, untilSequence: checkSequence("until", until), untilMs: Infinity };
}

/** Where a subscription begins, checked. @throws {@link InvalidInputError} naming the option */
export function checkSubscribeOptions({ after = 0 }: SubscribeOptions): Sequence | "new" {
  return after === "new" ? after : checkSequence("after", after);
}
