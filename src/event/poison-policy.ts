import { checkArgument, either, isFunction, oneOf, type Rule } from "./arguments.ts";
import type { CorruptError, PoisonError } from "./errors.ts";

/**
 * What a reader does with a message it cannot use: a foreign or damaged message, an event type or
 * schema version newer than its code.
 * - `"fail"`: throw
 * - `"skip"`: leave it out: the message, or of a commit the events that are unknown. Only when
 *   reading many aggregates: within one, a hole is never skipped
 * - a function: decide each time; what it throws ends the read
 *
 * Bodies are decoded when asked for, after this decision: what a body holds can only throw there.
 */
export type PoisonPolicy = PoisonVerdict | ((error: PoisonError | CorruptError) => PoisonVerdict);

/**
 * `"raw"` hands over what has a sound frame but is unknown to this reader (a newer type, version or
 * codec): its envelope's `body` can be read, its `event` throws. For the rest it means `"fail"`.
 */
export type PoisonVerdict = "fail" | "skip" | "raw";

const isVerdict = oneOf("fail", "skip", "raw");

export const isPoisonPolicy: Rule = either(
  isVerdict,
  isFunction,
  'must be "fail", "skip", "raw" or a function',
);

/** Ask a policy. @throws {@link InvalidInputError} when a function gives no verdict */
export function verdictOn(
  policy: PoisonPolicy | undefined,
  error: PoisonError | CorruptError,
): PoisonVerdict {
  if (typeof policy !== "function") return policy ?? "fail";
  const verdict = policy(error);
  checkArgument("what poison returns", verdict, isVerdict);
  return verdict;
}
