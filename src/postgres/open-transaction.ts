import { ConfigError, TransactionError, UnavailableError } from "../event/index.ts";
import type { Work } from "../project/index.ts";
import { LentSql, type TellLate } from "./lent-sql.ts";
import type { Sql } from "./sql.ts";
import {
  asOutage,
  isAborted,
  isOfStatement,
  isWithoutSavepoint,
  isWithoutTable,
} from "./sql-errors.ts";
import { type Answer, answerOf } from "./statement.ts";

/**
 * It is there for as long as its transaction. So it proves that the transaction is still the one
 * that was begun, whatever was said in it (COMMIT AND CHAIN, too).
 */
const savepoint = "SAVEPOINT jetfold";

/** For the library's own statements, and for a handler's in between. */
export class OpenTransaction {
  /** Said at its beginning. */
  static readonly proof: string = savepoint;
  readonly #sql: Sql;
  readonly #takesSeveral: boolean;
  /** It was lent, and is not proved to be the same since. */
  #lent: LentSql | undefined;
  /** A handler has worked in it. */
  wasLent: boolean = false;

  /** @param takesSeveral - it takes several statements in one round trip */
  constructor(sql: Sql, takesSeveral: boolean) {
    this.#sql = sql;
    this.#takesSeveral = takesSeveral;
  }

  /**
   * Let a handler write in it. Once at most.
   * @param tellLate - called when the handler tries to after that
   * @throws as {@link LentSql.during}
   */
  async lend(work: Work<Sql>, tellLate: TellLate): Promise<void> {
    this.wasLent = true;
    this.#lent = new LentSql(this.#sql, tellLate, !this.#takesSeveral);
    await this.#lent.during(work);
  }

  /**
   * Send one of the library's own statements: without parameters, and it gives text.
   * @throws {@link TransactionError} when a handler has ended the transaction; then it is not sent
   * @throws what a handler's query has failed with, when the handler went on all the same
   */
  async query(statement: string): Promise<Answer> {
    const proof = this.#lent && `RELEASE ${savepoint}`;
    if (proof !== undefined && this.#takesSeveral) {
      return answerOf(await this.#proved(`${proof}; ${statement}`));
    }
    if (proof !== undefined) await this.#proved(proof);
    return answerOf(await this.#sql.query(statement).catch(refuseOwn));
  }

  /**
   * Roll everything back.
   * @param cause - what it is left for
   * @returns whether that was done: if not, the server does it when the connection is closed
   * @throws {@link TransactionError} when a handler has ended it: something may remain
   * @throws {@link UnavailableError} when the connection is broken, and nothing says that the handler
   *   is what broke it
   */
  async abandon(cause: unknown): Promise<boolean> {
    const undo = this.#lent && `ROLLBACK TO ${savepoint}`;
    try {
      if (this.#takesSeveral) await this.#sql.query(undo ? `${undo}; ROLLBACK` : "ROLLBACK");
      // A database in this process rolls back by itself.
      else if (undo !== undefined) await this.#sql.query(undo);
      return true;
    } catch (error) {
      if (isWithoutSavepoint(error)) throw endedByHandler(cause);
      const isBroken = this.#takesSeveral && asOutage(error) !== undefined;
      if (!isBroken || isOfStatement(cause)) return false;
      throw new UnavailableError("the connection to the database broke", { cause });
    }
  }

  async #proved(statements: string): ReturnType<Sql["query"]> {
    const lent = this.#lent!;
    try {
      const answer = await this.#sql.query(statements);
      this.#lent = undefined;
      return answer;
    } catch (error) {
      if (isAborted(error)) throw lent.failed ?? error;
      // Any other error is of what came after the proof.
      this.#lent = undefined;
      throw isWithoutSavepoint(error) ? endedByHandler(error) : ownError(error);
    }
  }
}

/** What one of the library's own statements has failed with. */
function ownError(error: unknown): unknown {
  if (!isWithoutTable(error)) return asOutage(error) ?? error;
  const how = "restore it, or make it with the statements of postgresTables()";
  return new ConfigError(`PostgreSQL: ${error.message}: ${how}`, { cause: error });
}

/** @throws always */
function refuseOwn(error: unknown): never {
  throw ownError(error);
}

function endedByHandler(cause: unknown): TransactionError {
  return new TransactionError(
    "a handler, or a library it uses, has ended the transaction it was given (COMMIT, ROLLBACK): " +
      "what it wrote may be in the read model although the checkpoint is not; look there, or build " +
      "the read model anew as another version",
    { cause },
  );
}
