import { inspect, isDeepStrictEqual } from "node:util";
import { copyOf, copyWhole } from "../event/copy.ts";

/**
 * Give a value to a function that must not change it, and see. Nothing is frozen: Dates, bytes, Maps
 * and Sets can't be, and what a frozen object throws may be caught.
 */
export class Lent<T> {
  /** What the function is given: a copy, as in production. */
  readonly value: T;
  /** Another copy, since one of a value from another realm does not equal its original. */
  readonly #before: T;
  /** What an instance of a class looked like: it can't be copied. */
  readonly #text: string | undefined;

  constructor(value: T) {
    this.#before = copyWhole(value);
    this.value = copyWhole(value);
    this.#text = holdsInstance(value, new Set()) ? textOf(this.value) : undefined;
  }

  /** How it was changed, for a message; undefined when it was not. */
  get change(): string | undefined {
    const before = this.#text ?? this.#before;
    const now = this.#text === undefined ? this.value : textOf(this.value);
    if (isDeepStrictEqual(now, before)) return undefined;
    return `it was ${shown(before)}, and then ${shown(now)}`;
  }
}

/** Is something in it that a copy shares with it? */
function holdsInstance(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  if (value instanceof Map || value instanceof Set) {
    return copyOf(value) === value || [...value].some((held) => holdsInstance(held, seen));
  }
  const inner = ArrayBuffer.isView(value) ? [] : Object.values(value);
  return copyOf(value) === value || inner.some((held) => holdsInstance(held, seen));
}

/** Everything in a value that can be seen, in one line. */
export function textOf(value: unknown): string {
  const whole = { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity };
  return inspect(value, { ...whole, breakLength: Infinity });
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : inspect(value, { depth: 8, breakLength: Infinity });
}
