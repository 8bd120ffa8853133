import { isDate } from "node:util/types";
import {
  checkedThere,
  checkOptions,
  either,
  isFunction,
  isMs,
  isSequence,
  isSignal,
  isValidDate,
  oneOf,
  type Rules,
} from "../arguments.ts";
import { isPoisonPolicy } from "../poison-policy.ts";
import type { PublishOptions } from "../publish.ts";
import type { ReadOptions, ReplayOptions } from "../replay.ts";
import type { Sequence } from "../sequence.ts";
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

const replayRules: Rules<ReplayOptions> = {
  after: isSequence,
  until: either(isSequence, isValidDate, "must be a whole number of 0 or more, or a valid Date"),
  poison: isPoisonPolicy,
  signal: isSignal,
};

const subscribeRules: Rules<SubscribeOptions> = {
  after: either(isSequence, oneOf("new"), 'must be a whole number of 0 or more, or "new"'),
  poison: isPoisonPolicy,
  signal: isSignal,
  onCaughtUp: isFunction,
  onOutage: isFunction,
};

const readRules: Rules<ReadOptions> = {
  fresh: oneOf("leader"),
  timeoutMs: isMs,
  signal: isSignal,
};

const publishRules: Rules<PublishOptions> = {
  commitId: checkedThere,
  budgetMs: checkedThere,
  retryOf: isSequence,
  signal: isSignal,
};

/** The bounds of a replay, checked. @throws {@link InvalidInputError} naming the option */
export function checkReplayOptions(options: ReplayOptions): ReplayBounds {
  checkOptions("replay", options, replayRules);
  const { after = 0, until = Infinity } = options;
  // One of another realm has no Date of ours for its prototype, and is one all the same.
  return isDate(until)
    ? { after, untilSequence: Infinity, untilMs: until.getTime() }
    : { after, untilSequence: until, untilMs: Infinity };
}

/** Where a subscription begins, checked. @throws {@link InvalidInputError} naming the option */
export function checkSubscribeOptions(options: SubscribeOptions): Sequence | "new" {
  checkOptions("subscribe", options, subscribeRules);
  return options.after ?? 0;
}

/** @throws {@link InvalidInputError} naming the option */
export function checkReadOptions(options: ReadOptions): void {
  checkOptions("a read", options, readRules);
}

/** @throws {@link InvalidInputError} naming the option */
export function checkPublishing(options: PublishOptions): void {
  checkOptions("publish", options, publishRules);
}
