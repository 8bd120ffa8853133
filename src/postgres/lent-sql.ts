import { InvalidInputError, TransactionError } from "../event/index.ts";
import { emitWarning, type Warn } from "../event/backend/index.ts";
import { nextTurn } from "../event/backend/timer.ts";
import type { Sql, SqlResult } from "./sql.ts";
import { isAborted } from "./sql-errors.ts";

/** Told of a query that came when its step was over. */
export type TellLate = (error: TransactionError) => void;

/** Makes a warning of it. @param of - whose handler it was */
export function warningOf(of: string, warn: Warn = emitWarning): TellLate {
  return (cause) => warn({ code: "late-query", message: `${of}: ${cause.message}`, cause });
}

/**
 * A transaction as a handler has it: for as long as its step, and no longer. The client itself is
 * never given out, since it goes on to other transactions.
 */
export class LentSql implements Sql {
  readonly #sql: Sql;
  readonly #tellLate: TellLate;
  readonly #textOnly: boolean;
  readonly #underWay = new Set<Promise<SqlResult>>();
  #over: "done" | "failed" | undefined;
  #told = false;
  #failed: unknown;

  /** @param textOnly - the client takes no object in place of a text, and is lost once it was given one */
  constructor(sql: Sql, tellLate: TellLate, textOnly: boolean) {
    this.#textOnly = textOnly;
    this.#sql = sql;
    this.#tellLate = tellLate;
  }

  /** What the last query that failed has failed with, other than that one before it had. */
  get failed(): unknown {
    return this.#failed;
  }

  /**
   * What else the client's own `query` takes is passed on, but a callback or a cursor: whether they
   * are done can't be known here.
   */
  query(...args: Parameters<Sql["query"]>): Promise<SqlResult> {
    const refusal = this.#over === undefined ? refusalOf(args, this.#textOnly) : this.#late();
    const answer = refusal === undefined ? this.#send(args) : Promise.reject(refusal);
    // One that nobody awaits fails its step, or is told of: it does not end the process.
    answer.catch(() => undefined);
    return answer;
  }

  /**
   * Let something work with it, and wait for all the queries it has begun and those that these lead
   * to at once, awaited or not. None is taken afterwards.
   * @throws what the work throws, or a query that was left to itself
   */
  async during(work: (tx: Sql) => Promise<void>): Promise<void> {
    try {
      await work(this);
      while (this.#underWay.size > 0) {
        await Promise.all(this.#underWay);
        // What waited for these goes on first, and may begin others.
        await nextTurn();
      }
      this.#over = "done";
    } catch (error) {
      this.#over = "failed";
      await Promise.allSettled(this.#underWay);
      throw error;
    }
  }

  #send(args: Parameters<Sql["query"]>): Promise<SqlResult> {
    let answer: Promise<SqlResult>;
    try {
      answer = this.#sql.query(...args);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#underWay.add(answer);
    const settled = (): void => void this.#underWay.delete(answer);
    answer.then(settled, (error: unknown) => {
      settled();
      if (!isAborted(error)) this.#failed = error;
    });
    return answer;
  }

  #late(): TransactionError {
    const error = new TransactionError(
      "a query came after its step was over, and was refused: await each query in the handler",
    );
    // That of a step that has failed is told of already, and comes again.
    if (this.#over === "done" && !this.#told) this.#tellLate(error);
    this.#told = true;
    return error;
  }
}

function refusalOf(args: readonly unknown[], textOnly: boolean): InvalidInputError | undefined {
  if (textOnly && typeof args[0] !== "string") {
    return new InvalidInputError("tx.query", "must be given a text first, on PGlite", args[0]);
  }
  for (const value of args) {
    const { submit, callback } = (value ?? {}) as { submit?: unknown; callback?: unknown };
    if (typeof value !== "function" && submit === undefined && callback === undefined) continue;
    const rule = "must be awaited: it takes no callback, cursor or stream";
    return new InvalidInputError("tx.query", rule, value);
  }
  return undefined;
}
