import type { ErrorCode } from "./classes.ts";

/** What makes an error one of jetfold's, in every copy of the package. */
export const errorBrand: unique symbol = Symbol.for("jetfold.error") as never;

/**
 * The base of jetfold's errors; never thrown itself. Ask what an error is by its `code`, see
 * `isJetfoldError`: `instanceof` tells nothing of errors of another copy of the package.
 */
export abstract class JetfoldError extends Error {
  abstract readonly code: ErrorCode;

  static {
    Object.defineProperty(this.prototype, errorBrand, { value: true });
  }
}
