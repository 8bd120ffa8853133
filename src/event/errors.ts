/**
 * Every error jetfold throws on purpose, each with a `code` of its own: see {@link isJetfoldError}.
 * docs/reference/errors.md says of each when it is thrown, what was stored, and what to do. Of others
 * a caller meets only what his own functions threw, and the `reason` of his signal.
 */
import type { ErrorClasses, ErrorCode } from "./errors/classes.ts";
import { errorBrand, type JetfoldError } from "./errors/jetfold-error.ts";

export * from "./errors/calling.ts";
export type { ErrorCode } from "./errors/classes.ts";
export { JetfoldError } from "./errors/jetfold-error.ts";
export type {
  AggregateRef,
  BucketLocation,
  CommitLocation,
  Location,
  StreamLocation,
} from "./errors/location.ts";
export * from "./errors/reading.ts";
export * from "./errors/running.ts";
export * from "./errors/writing.ts";

/** The class of each code. */
export type JetfoldErrorOf<Code extends ErrorCode> = InstanceType<ErrorClasses[Code]>;

/**
 * Is this one of jetfold's errors, and (if given) of this code? Works across copies of the package,
 * and of bundles. A domain's `Rejection` is none, whatever its code.
 */
export function isJetfoldError<Code extends ErrorCode>(
  error: unknown,
  code?: Code,
): error is JetfoldErrorOf<Code> {
  if (typeof error !== "object" || error === null || !(errorBrand in error)) return false;
  return code === undefined || (error as unknown as JetfoldError).code === code;
}
