import type { Rejection } from "./rejection.ts";

/** What makes a rejection one, in every copy of the package. */
export const rejectionBrand: unique symbol = Symbol.for("jetfold.rejection") as never;

/** Is this a {@link Rejection}, and (if given) of this code? Works across copies of the package. */
export function isRejection<Code extends string = string>(
  value: unknown,
  code?: Code,
): value is Rejection<Code> {
  if (typeof value !== "object" || value === null || !(rejectionBrand in value)) return false;
  return code === undefined || (value as { readonly code?: unknown }).code === code;
}
