import { errorText } from "./error-text.ts";
import type { StoreWarning } from "./store.ts";

/** Takes warnings; must not throw. See {@link warnBy}. */
export type Warn = (warning: StoreWarning) => void;

/**
 * Call a function of the user's that is told something and is no part of what is being done:
 * `onState`, `onProgress`, a snapshot policy. What it throws, or what its promise rejects with, is a
 * warning and changes nothing else: least of all what is stored already.
 *
 * @param name - how the user knows it
 * @returns what it returns; undefined when there is none, or it threw
 */
export function call<Args extends readonly unknown[], Result>(
  name: string,
  listener: ((...args: Args) => Result) | undefined,
  args: Args,
  warn: Warn = emitWarning,
): Result | undefined {
  if (listener === undefined) return undefined;
  const report = (cause: unknown): void =>
    warn({ code: "listener", message: `${name} threw ${errorText(cause)}`, cause });
  try {
    const result = listener(...args);
    if (isThenable(result)) void Promise.resolve(result).then(undefined, report);
    return result;
  } catch (cause) {
    report(cause);
    return undefined;
  }
}

/** What a store warns by: `onWarning` of its options. Where that throws, the process is warned. */
export function warnBy(onWarning: Warn | undefined): Warn {
  if (onWarning === undefined) return emitWarning;
  return (warning) => {
    call("onWarning", onWarning, [warning], (failure) => {
      emitWarning(warning);
      emitWarning(failure);
    });
  };
}

/** Warnings go to the process's warnings unless a store is told otherwise. */
export function emitWarning({ code, message }: StoreWarning): void {
  process.emitWarning(message, { type: "JetfoldWarning", code: `JETFOLD_${code.toUpperCase()}` });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return typeof (value as { readonly then?: unknown }).then === "function";
}
