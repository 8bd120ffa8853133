/**
 * Freeze a value and all it holds, so that changing it throws a TypeError, and return it. Dates,
 * Maps, Sets and bytes keep their inner state: JavaScript cannot freeze it.
 *
 * @param frozen - what earlier calls froze: states share most of their parts, which are not walked
 *   again
 */
export function deepFreeze<T>(value: T, frozen: WeakSet<object> = new WeakSet()): T {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value) || frozen.has(value)) return value;
  frozen.add(value);
  for (const { value: part } of Object.values(Object.getOwnPropertyDescriptors(value))) {
    deepFreeze(part, frozen);
  }
  return Object.freeze(value);
}

/** Does this error come from changing what is frozen? By text: engines give it no code. */
export function isFrozenError(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "TypeError") return false;
  return /read[- ]?only|not extensible|delete property/i.test(error.message);
}
