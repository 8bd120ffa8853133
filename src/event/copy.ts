import { types } from "node:util";

/**
 * A value of one's own: what others do to theirs does not change it. What jetfold is given and has
 * to keep, and what it keeps and has to hand out, crosses over as a copy.
 *
 * Copied are objects without a class, arrays, Dates, Maps, Sets, buffers and views of them, with all
 * they hold; what is the same object in two places is so in the copy. Anything else, an instance of
 * a class above all, can't be copied without knowing it, and is handed over as it is.
 */
export function copyOf<T>(value: T): T {
  return typeof value === "object" && value !== null ? (copyObject(value, undefined) as T) : value;
}

/** What was copied so far; made when something is nested, so that a flat value costs one spread. */
type Made = Map<object, object>;

function copyObject(value: object, made: Made | undefined): object {
  const before = made?.get(value);
  if (before !== undefined) return before;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null)
    return copyFields(value, prototype, made);
  if (Array.isArray(value)) {
    return Array.isArray(prototype)
      ? copyItems(value, Array.prototype.slice.call(value), made)
      : value;
  }
  // Of this realm or another one, but of no class derived from it.
  const above = Object.getPrototypeOf(prototype) as object | null;
  if (above === null) return copyFields(value, prototype, made);
  if (types.isUint8Array(value)) return Buffer.isBuffer(value) ? Buffer.from(value) : value.slice();
  if (types.isTypedArray(value)) return value.slice();
  return Object.getPrototypeOf(above) === null ? copyBuiltIn(value, made ?? new Map()) : value;
}

function copyFields(value: object, prototype: object | null, made: Made | undefined): object {
  const copy = (
    prototype === null ? Object.assign(Object.create(null), value) : { ...value }
  ) as Record<string, unknown>;
  made?.set(value, copy);
  for (const key in copy) {
    const field = copy[key];
    if (typeof field !== "object" || field === null) continue;
    made ??= new Map([[value, copy]]);
    copy[key] = copyObject(field, made);
  }
  return copy;
}

function copyItems(value: object, copy: unknown[], made: Made | undefined): object {
  made?.set(value, copy);
  for (let i = 0; i < copy.length; i++) {
    const item = copy[i];
    if (typeof item !== "object" || item === null) continue;
    made ??= new Map([[value, copy]]);
    copy[i] = copyObject(item, made);
  }
  return copy;
}

function copyBuiltIn(value: object, made: Made): object {
  const inner = (held: unknown): unknown =>
    typeof held === "object" && held !== null ? copyObject(held, made) : held;
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
