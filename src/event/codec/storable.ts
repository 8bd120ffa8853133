import { isDate, isUint8Array } from "node:util/types";
import { maxDepth } from "./codec.ts";
import { InvalidInputError } from "../errors.ts";

/** The values a codec carries beyond null, booleans, finite numbers, strings, objects and arrays. */
export interface ExtraValues {
  readonly date: boolean;
  readonly bigint: boolean;
  readonly bytes: boolean;
}

/**
 * Refuse every value that would come back changed, so that the state after a write equals the
 * state after a replay.
 * @throws {@link InvalidInputError} whose `field` is the path of the first such value within
 *   `value`: `.items[2].price`
 */
export function assertStorable(value: unknown, extra: ExtraValues): void {
  const found = flawIn(value, extra, 0);
  if (found !== undefined) throw new InvalidInputError(found.path, found.rule, found.value);
}

/** What is wrong, and where; the path is put together on the way out, so that good values cost none. */
interface Flaw {
  path: string;
  readonly rule: string;
  readonly value: unknown;
}

function flawIn(value: unknown, extra: ExtraValues, depth: number): Flaw | undefined {
  switch (typeof value) {
    case "boolean":
      return undefined;
    case "string":
      return value.isWellFormed() ? undefined : flaw("must be well-formed Unicode", value);
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? undefined
        : flaw("must be a finite number and not -0", value);
    case "bigint":
      return extra.bigint && value >= -(2n ** 63n) && value < 2n ** 64n
        ? undefined
        : flaw("must be a bigint of 64 bits, and the codec must carry bigint", value);
    case "object":
      return value === null ? undefined : flawInObject(value, extra, depth);
    default:
      return flaw(`must not be ${typeof value}`, value);
  }
}

function flawInObject(value: object, extra: ExtraValues, depth: number): Flaw | undefined {
  if (depth === maxDepth)
    return flaw(`must not be nested deeper than ${maxDepth} (a cycle?)`, value);
  if (Array.isArray(value)) return flawInArray(value, extra, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Date.prototype) {
    return extra.date && !Number.isNaN((value as Date).getTime())
      ? undefined
      : flaw("must be a valid Date, and the codec must carry Date", value);
  }
  if (prototype === Uint8Array.prototype) {
    return extra.bytes ? undefined : flaw("is bytes, which the codec does not carry", value);
  }
  if (prototype !== Object.prototype && !isForeignPlain(prototype)) {
    return flaw(isOfAnotherRealm(value, extra) ? realmRule : kindRule, value);
  }
  if (Object.getOwnPropertySymbols(value).length > 0)
    return flaw("must not have symbol keys", value);
  for (const key of Object.keys(value)) {
    if (key === "__proto__" || !key.isWellFormed()) return flaw("must not have this key", key);
    const found = flawIn((value as Record<string, unknown>)[key], extra, depth + 1);
    if (found !== undefined) return below(`.${key}`, found);
  }
  return undefined;
}

function flawInArray(value: unknown[], extra: ExtraValues, depth: number): Flaw | undefined {
  if (!Array.isArray(Object.getPrototypeOf(value))) {
    return flaw("must be a plain object, an array or a value the codec carries", value);
  }
  if (Reflect.ownKeys(value).length !== value.length + 1) {
    return flaw("must be an array without holes or named properties", value);
  }
  for (let i = 0; i < value.length; i++) {
    const found = flawIn(value[i], extra, depth + 1);
    if (found !== undefined) return below(`[${i}]`, found);
  }
  return undefined;
}

const kindRule = "must be a plain object, an array or a value the codec carries";
const realmRule =
  "comes from another realm (a vm context, a test runner's), where the codec can't tell what it is: make it anew here";

/** What would be carried, had it been made here. */
function isOfAnotherRealm(value: object, { date, bytes }: ExtraValues): boolean {
  const { name } = (Object.getPrototypeOf(value) as object).constructor;
  if (isDate(value)) return date && name === "Date";
  return isUint8Array(value) && bytes && name === "Uint8Array";
}

/** No prototype, or another realm's `Object.prototype`. Both come back as plain objects. */
function isForeignPlain(prototype: unknown): boolean {
  if (prototype === null) return true;
  return (
    Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf")
  );
}

function flaw(rule: string, value: unknown): Flaw {
  return { path: "", rule, value };
}

function below(step: string, found: Flaw): Flaw {
  found.path = step + found.path;
  return found;
}
