import { ConfigError, InvalidInputError } from "../event/index.ts";
import type { SqlResult } from "./sql.ts";

/**
 * A text or a whole number as part of a statement. The library's own statements take no parameters
 * and ask for text only, so that nothing depends on how the caller's client writes or reads a type.
 * `E''` means the same whatever `standard_conforming_strings` is.
 */
export function literal(value: string | number): string {
  if (typeof value === "number") return String(value);
  if (value.includes("\0")) throw new InvalidInputError("text", "must be without U+0000", value);
  return `E'${value.replace(/['\\]/g, "$&$&")}'`;
}

/** What one of the library's own statements came to. */
export interface Answer {
  /** The columns in their order; each was asked for as text. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** How many rows were changed. */
  readonly changed: number;
}

/**
 * @param given - of several statements that were sent together, all their results: the last counts
 * @throws {@link ConfigError} when the client gives text as something else
 */
export function answerOf(given: SqlResult | readonly SqlResult[]): Answer {
  const { rows, rowCount, affectedRows } = isSeveral(given) ? given.at(-1)! : given;
  return {
    rows: (rows as readonly object[]).map((row) => Object.values(row).map(textOf)),
    // The two clients name it differently.
    changed: rowCount ?? affectedRows ?? 0,
  };
}

function isSeveral(given: SqlResult | readonly SqlResult[]): given is readonly SqlResult[] {
  return Array.isArray(given);
}

function textOf(value: unknown): string | null {
  if (value === null || typeof value === "string") return value;
  throw new ConfigError(`the database's client gives text as ${typeof value}: leave its parser be`);
}
