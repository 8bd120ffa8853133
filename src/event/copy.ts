import { types } from "node:util";
import { InvalidInputError, UnstorableError } from "./errors.ts";

/**
 * A value of one's own: what others do to theirs does not change it. What jetfold is given and has
 * to keep, and what it keeps and has to hand out, crosses over as a copy.
 *
 * Copied are objects without a class, arrays, Dates, Maps, Sets, buffers and views of them, with all
 * they hold; what is the same object in two places is so in the copy. Anything else, an instance of
 * a class above all, can't be copied without knowing it, and is handed over as it is.
 * @param name - what the value is, for the error
 * @throws {@link InvalidInputError} when it is nested so deep (some thousand levels) that the stack
 *   does not suffice; {@link UnstorableError} for a state
 */
export function copyOf<T>(value: T, name: string = "value"): T {
  return isObject(value) ? (ownCopy(value, false, name) as T) : value;
}

/**
 * As {@link copyOf}, with the named properties of arrays (a `RegExp` match has such): for commands
 * and events. To look for them takes as long as the copy itself.
 */
export function copyWhole<T>(value: T, name: string = "value"): T {
  return isObject(value) ? (ownCopy(value, true, name) as T) : value;
}

function ownCopy(value: object, whole: boolean, name: string): object {
  try {
    return copyObject(value, undefined, whole);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const path = `${name}${startOfDepth(value)}`;
    const Refusal = name === "state" ? UnstorableError : InvalidInputError;
    throw new Refusal(path, "must be nested less deep", value, { cause: error });
  }
}

/** More levels than anything has that the stack suffices for. */
const tooDeep = 1_000;

/** Where what is nested so deep begins: `.next.next.next…`. */
function startOfDepth(value: object): string {
  const seen = new Set<object>();
  const left = [{ value, path: "", depth: 0 }];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (one.depth === tooDeep) return `${one.path}…`;
    if (seen.has(one.value)) continue;
    seen.add(one.value);
    for (const [key, field] of Object.entries(one.value)) {
      if (!isObject(field)) continue;
      const path = one.depth < 3 ? `${one.path}.${key}` : one.path;
      left.push({ value: field, path, depth: one.depth + 1 });
    }
  }
  return "";
}

/** Each of them copied whole. A loop: `Array.from` takes five times as long. */
export function copiesOf<T>(values: readonly T[]): T[] {
  const copies: T[] = [];
  for (let i = 0; i < values.length; i++) copies.push(copyWhole(values[i]!, "events"));
  return copies;
}

/** What was copied so far; made when something is nested, so that a flat value costs one spread. */
type Made = Map<object, object>;

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function copyObject(value: object, made: Made | undefined, whole: boolean): object {
  const before = made?.get(value);
  if (before !== undefined) return before;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null)
    return copyFields(value, prototype, made, whole);
  if (Array.isArray(value)) {
    return Array.isArray(prototype) ? copyItems(value, made, whole) : value;
  }
  // Of this realm or another one, but of no class derived from it.
  const above = Object.getPrototypeOf(prototype) as object | null;
  if (above === null) return copyFields(value, prototype, made, whole);
  if (types.isUint8Array(value)) return Buffer.isBuffer(value) ? Buffer.from(value) : value.slice();
  if (types.isTypedArray(value)) return value.slice();
  if (Object.getPrototypeOf(above) !== null) return value;
  return copyBuiltIn(value, made ?? new Map(), whole);
}

function copyFields(
  value: object,
  prototype: object | null,
  made: Made | undefined,
  whole: boolean,
): object {
  const copy = (
    prototype === null ? Object.assign(Object.create(null), value) : { ...value }
  ) as Record<string, unknown>;
  made?.set(value, copy);
  for (const key in copy) {
    const field = copy[key];
    if (!isObject(field)) continue;
    made ??= new Map([[value, copy]]);
    copy[key] = copyObject(field, made, whole);
  }
  return copy;
}

function copyItems(value: unknown[], made: Made | undefined, whole: boolean): object {
  const copy: unknown[] = Array.prototype.slice.call(value);
  made?.set(value, copy);
  for (let i = 0; i < copy.length; i++) {
    const item = copy[i];
    if (!isObject(item)) continue;
    made ??= new Map([[value, copy]]);
    copy[i] = copyObject(item, made, whole);
  }
  if (whole) copyNamed(value, copy, made);
  return copy;
}

/** What an array has beyond its items; names come after indices. */
function copyNamed(value: unknown[], copy: unknown[], made: Made | undefined): void {
  const keys = Object.keys(value);
  let first = keys.length;
  while (first > 0 && !Object.hasOwn(copy, keys[first - 1]!)) first--;
  for (const key of keys.slice(first)) {
    const named: unknown = value[key as never];
    if (isObject(named)) made ??= new Map([[value, copy]]);
    Object.assign(copy, { [key]: isObject(named) ? copyObject(named, made, true) : named });
  }
}

function copyBuiltIn(value: object, made: Made, whole: boolean): object {
  const inner = (held: unknown): unknown => (isObject(held) ? copyObject(held, made, whole) : held);
  if (types.isDate(value)) return remember(value, new Date(value.getTime()), made);
  if (types.isArrayBuffer(value)) return remember(value, value.slice(0), made);
  if (types.isMap(value)) {
    const copy = remember(value, new Map<unknown, unknown>(), made);
    for (const [key, held] of value) copy.set(inner(key), inner(held));
    return copy;
  }
  if (types.isSet(value)) {
    const copy = remember(value, new Set<unknown>(), made);
    for (const held of value) copy.add(inner(held));
    return copy;
  }
  return value;
}

function remember<T extends object>(value: object, copy: T, made: Made): T {
  made.set(value, copy);
  return copy;
}
