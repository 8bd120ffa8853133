import { InvalidInputError } from "./errors.ts";

/**
 * The position of a commit in its store: a whole number that grows with every commit of the store,
 * with holes, starting at 1. 0 means "before everything". Not a {@link Revision}.
 */
export type Sequence = number;

/** An event's number within its aggregate: 1, 2, 3 … without a hole. 0 means "no event yet". */
export type Revision = number;

/**
 * Check a sequence that came from outside.
 * @throws {@link InvalidInputError} when it is not a safe integer of 0 or more. The NATS client
 *   ignores an expectation of a wrong type, which would be an unguarded append.
 */
export function checkSequence(field: string, value: unknown): Sequence {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidInputError(field, "must be a whole number of 0 or more", value);
  }
  return value;
}

/** Check a time budget. @throws {@link InvalidInputError} when it is not a number above 0 */
export function checkBudget(budgetMs: unknown): number {
  if (typeof budgetMs !== "number" || !(budgetMs > 0)) {
    throw new InvalidInputError("budgetMs", "must be a number above 0", budgetMs);
  }
  return budgetMs;
}
