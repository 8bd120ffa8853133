import type { ErrorPolicy } from "../../project/index.ts";

/** Makes handlers fail at certain lines, and keeps count of the attempts at each. */
export class Faults {
  readonly #errors = new Map<string, Error>();
  readonly #attempts = new Map<string, number>();

  /** From now on, this line can't be handled. */
  break(line: string, error: Error = new Error(`cannot handle ${line}`)): Error {
    this.#errors.set(line, error);
    return error;
  }

  /** It can again. */
  mend(line: string): void {
    this.#errors.delete(line);
  }

  /** How often this line was tried. */
  attempts(line: string): number {
    return this.#attempts.get(line) ?? 0;
  }

  /** For `before` of a listing, or wherever a line is handled. */
  readonly meet = (line: string): void => {
    this.#attempts.set(line, this.attempts(line) + 1);
    const error = this.#errors.get(line);
    if (error !== undefined) throw error;
  };
}

/** Policies that lose no time. */
const pace = { firstMs: 1, longestMs: 5 };

/** Once more, then stop. */
export const stopping: ErrorPolicy = { ...pace, retries: 1, policy: "stop" };

/** Once more, then set aside. */
export const parking: ErrorPolicy = { ...pace, retries: 1, policy: "park" };

/** Until it is mended: holds a projection at a line without keeping a transaction open. */
export const persisting: ErrorPolicy = { ...pace, retries: 1_000_000 };
