import { isDate, isUint8Array } from "node:util/types";
import { InvalidInputError } from "./errors.ts";

/** The rule that a value breaks, as an error says it: "must be …". Never asked about undefined. */
export type Rule = (value: unknown) => string | undefined;

/** What an object of options may hold: every name, and what its value must be. */
export type Rules<Options extends object> = {
  readonly [Name in keyof Options & string]-?: Rule;
};

/**
 * Check an object of options or a definition: that each name is one of the table's, so that a
 * misspelt one is not passed over, and each value by its rule. Undefined stands for the default.
 * @param of - whose options, for the error
 * @param within - what the options are a part of, with a dot: `"onError."`
 * @throws {@link InvalidInputError} naming the field, its rule and the value
 */
export function checkOptions(
  of: string,
  options: object | undefined,
  rules: Readonly<Record<string, Rule>>,
  within: string = "",
): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new InvalidInputError(`the options of ${of}`, "must be an object", options);
  }
  // Those that are inherited are read as well.
  for (const name in options) {
    const value: unknown = options[name as keyof typeof options];
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join(", ");
      throw new InvalidInputError(
        within + name,
        `is no option of ${of}, which takes ${known}`,
        value,
      );
    }
    if (value === undefined) continue;
    const broken = rule(value);
    if (broken !== undefined) throw new InvalidInputError(within + name, broken, value);
  }
}

/**
 * The same, and a copy of what is known of it, wherever that is: the methods of a class's instance are
 * on its prototype, which a spread leaves out. They stay bound to the instance.
 * @throws as {@link checkOptions}
 */
export function takeOptions<Options extends object>(
  of: string,
  options: Options,
  rules: Readonly<Record<string, Rule>>,
): Options {
  checkOptions(of, options, rules);
  checkArgument(`the options of ${of}`, options, isObject);
  const isPlain = isPlainObject(options) === undefined;
  const own: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value: unknown = options[name as keyof Options];
    if (value === undefined) continue;
    checkArgument(name, value, rule);
    own[name] = typeof value === "function" && !isPlain ? boundTo(options, value) : value;
  }
  return own as Options;
}

/** A definition without a name is told from others by its source, so that stays to be seen. */
function boundTo(instance: object, method: Function): unknown {
  const toString = (): string => String(method);
  return Object.defineProperty(method.bind(instance), "toString", { value: toString });
}

/** Check one argument. @throws {@link InvalidInputError} naming the field, its rule and the value */
export function checkArgument(field: string, value: unknown, rule: Rule): void {
  const broken = rule(value);
  if (broken !== undefined) throw new InvalidInputError(field, broken, value);
}

/** Has a rule of its own, where it is used. */
export const checkedThere: Rule = () => undefined;

export const isFlag: Rule = (value) =>
  typeof value === "boolean" ? undefined : "must be true or false";

export const isFunction: Rule = (value) =>
  typeof value === "function" ? undefined : "must be a function";

export const isObject: Rule = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? undefined
    : "must be an object";

export const isText: Rule = (value) => (typeof value === "string" ? undefined : "must be a string");

/** Of whatever realm. */
export const isBytes: Rule = (value) => (isUint8Array(value) ? undefined : "must be a Uint8Array");

/** A time to wait. Infinity is one, too. */
export const isMs: Rule = (value) =>
  typeof value === "number" && value >= 0 ? undefined : "must be a number of 0 or more";

export const isSequence: Rule = wholeFrom(0);

/** Of whatever realm. */
export const isValidDate: Rule = (value) =>
  isDate(value) && !Number.isNaN(value.getTime()) ? undefined : "must be a valid Date";

/** Of whatever realm; its prototype is plain, or another realm's. */
export const isPlainObject: Rule = (value) => {
  if (isObject(value) !== undefined) return "must be a plain object";
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return plain ? undefined : "must be a plain object";
};

export const isSignal: Rule = (value) => {
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>;
  return typeof aborted === "boolean" && typeof addEventListener === "function"
    ? undefined
    : "must be an AbortSignal";
};

export function wholeFrom(least: number, most: number = Number.MAX_SAFE_INTEGER): Rule {
  const rule =
    most === Number.MAX_SAFE_INTEGER
      ? `must be a whole number of ${least} or more`
      : `must be a whole number from ${least} to ${most}`;
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : rule;
}

export function oneOf(...known: readonly unknown[]): Rule {
  const rule = `must be one of ${known.map((one) => JSON.stringify(one)).join(", ")}`;
  return (value) => (known.includes(value) ? undefined : rule);
}

/** A rule, or another one that is told when both are broken. */
export function either(one: Rule, other: Rule, told: string): Rule {
  return (value) => (one(value) === undefined || other(value) === undefined ? undefined : told);
}
