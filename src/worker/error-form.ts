import { errorText } from "../event/error-text.ts";
import { errorClasses } from "../event/errors/classes.ts";
import { type ErrorCode, isJetfoldError, isRejection, Rejection } from "../event/index.ts";

/** Something that was thrown, as it crosses between threads: a clone would lose class and `code`. */
export type ErrorForm =
  | { readonly kind: "value"; readonly value: unknown }
  | {
      readonly kind: "error";
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      /** Its own properties, `code` among them. */
      readonly fields: Readonly<Record<string, unknown>>;
      readonly cause: ErrorForm | undefined;
      /** It is a domain's no. */
      readonly rejection: boolean;
      /** It is one of jetfold's. */
      readonly jetfold: boolean;
    };

/** Causes of causes; a cycle ends there. */
const maxDepth = 8;

/** The form of whatever was thrown; never throws itself. */
export function formOf(thrown: unknown, depth = 0): ErrorForm {
  try {
    return formAt(thrown, depth);
  } catch {
    return { kind: "value", value: errorText(thrown) };
  }
}

function formAt(thrown: unknown, depth: number): ErrorForm {
  if (!(thrown instanceof Error)) return { kind: "value", value: clonable(thrown) };
  const { name, message, stack, cause } = thrown;
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(thrown)) {
    if (!standard.has(key)) fields[key] = clonable(value);
  }
  const deeper = cause !== undefined && depth < maxDepth;
  return {
    kind: "error",
    name: text(name),
    message: text(message),
    stack: stack === undefined ? undefined : text(stack),
    fields,
    cause: deeper ? formOf(cause, depth + 1) : undefined,
    rejection: isRejection(thrown),
    jetfold: isJetfoldError(thrown),
  };
}

const standard: ReadonlySet<string> = new Set(["name", "message", "stack", "cause"]);

/** The error again: of its class where that is jetfold's or the language's, else an `Error`. */
export function errorFrom(form: ErrorForm): unknown {
  if (form.kind === "value") return form.value;
  const { name, message, stack, fields, cause, rejection, jetfold } = form;
  const error = new Error(message, cause === undefined ? {} : { cause: errorFrom(cause) });
  const own = errorClasses[fields["code"] as ErrorCode]?.prototype;
  if (rejection) Object.setPrototypeOf(error, Rejection.prototype);
  else if (jetfold && own) Object.setPrototypeOf(error, own);
  else if (language[name] !== undefined) Object.setPrototypeOf(error, language[name].prototype);
  if (error.name !== name) define(error, "name", name);
  define(error, "stack", stack);
  return Object.assign(error, fields);
}

const language: Readonly<
  Record<string, { readonly name: string; readonly prototype: Error } | undefined>
> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
};

/** Whatever the types say. */
function text(value: unknown): string {
  return typeof value === "string" ? value : errorText(value);
}

function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true });
}

function clonable(value: unknown): unknown {
  if (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol") {
    return value;
  }
  try {
    return structuredClone(value);
  } catch {
    return `${typeof value} that can't be cloned`;
  }
}
