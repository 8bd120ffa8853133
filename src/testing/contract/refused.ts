import assert from "node:assert/strict";
import {
  type ErrorCode,
  isJetfoldError,
  type JetfoldError,
  type JetfoldErrorOf,
} from "../../event/index.ts";
import { within } from "./within.ts";

/**
 * Do something that must be refused with an error of this code, thrown or rejected with.
 * @param what - what is tried, for the message when it was not refused so
 */
export async function refused<Code extends ErrorCode>(
  code: Code,
  what: string,
  attempt: () => unknown,
): Promise<JetfoldErrorOf<Code>> {
  return (await refusedAs([code], what, attempt)) as never;
}

/** As {@link refused}, where any of several codes will do. */
export async function refusedAs(
  codes: readonly ErrorCode[],
  what: string,
  attempt: () => unknown,
): Promise<JetfoldError> {
  const error = await thrownBy(`${what}: refused with "${codes.join(" or ")}"`, attempt);
  return assertRefusal(codes, what, error);
}

/** What was thrown is an error of one of these codes. */
export function assertRefusal(
  codes: readonly ErrorCode[],
  what: string,
  error: unknown,
): JetfoldError {
  if (isJetfoldError(error) && codes.includes(error.code)) return error;
  const expected = codes.join(" or ");
  throw new assert.AssertionError({
    message: `${what}: must be refused with "${expected}", got ${describe(error)}`,
    actual: error,
    expected,
  });
}

/** Do something that must throw or reject, and hand over what it threw. */
export async function thrownBy(what: string, attempt: () => unknown): Promise<unknown> {
  try {
    await within((async () => attempt())(), what);
  } catch (error) {
    return error;
  }
  return assert.fail(`${what}: nothing was thrown`);
}

/** With the stack, without which nobody finds the place. */
function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
