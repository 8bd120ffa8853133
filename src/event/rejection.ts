import { rejectionBrand } from "./is-rejection.ts";
import { checkName } from "./name.ts";

/**
 * The domain's no. Thrown by `process` it rejects the command: `execute` throws a `RejectedError`, a
 * reactor asks its `onRejected`. Whatever else `process` throws is no rejection: a bug, or something
 * that is away.
 *
 * @example
 * if (account.owner === "") throw new Rejection("not-open", "open the account first");
 *
 * @example
 * class Overdrawn extends Rejection<"overdrawn", { left: number }> {
 *   constructor(left: number) {
 *     super("overdrawn", `there are ${left}`, { left });
 *   }
 * }
 */
export class Rejection<Code extends string = string, Data = unknown> extends Error {
  /** For programs: stable, whatever the message says. */
  readonly code: Code;
  /** What a program that is told the code needs to know: plain values, as in an event. */
  readonly data: Data;

  /**
   * @param code - 1 to 128 of `A-Z a-z 0-9 _ -`
   * @param message - for people @default the code
   * @throws {@link InvalidInputError} when the code breaks its rule
   */
  constructor(code: Code, message: string = code, data?: Data) {
    super(message);
    this.code = checkName("code", code) as Code;
    this.data = data as Data;
  }

  static {
    Object.defineProperty(this.prototype, rejectionBrand, { value: true });
    this.prototype.name = "Rejection";
  }
}
