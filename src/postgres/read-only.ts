import { isJetfoldError } from "../event/index.ts";
import { emitWarning, type Warn } from "../event/backend/index.ts";
import type { SqlResult } from "./sql.ts";
import { asOutage, isReadOnly } from "./sql-errors.ts";

/**
 * Has a handler made its transaction one that may only read? Then that is its failure. Where the
 * database has (a standby, a failover, by its settings), it may be written to later.
 * @param ask - when the transaction is rolled back
 * @throws {@link UnavailableError} when it does not answer
 */
export async function madeReadOnly(
  ask: (question: string) => Promise<SqlResult>,
  wasLent: boolean,
  error: unknown,
): Promise<boolean> {
  if (!wasLent || !isReadOnly(error)) return false;
  const { rows } = await ask("SHOW transaction_read_only").catch((failed: unknown) => {
    throw asOutage(failed) ?? failed;
  });
  const [{ transaction_read_only: now }] = rows as [{ readonly transaction_read_only: unknown }];
  return now === "off";
}

/** What the handler has failed with: one of the own statements may have met it. */
export function ofHandler(error: unknown): unknown {
  return isJetfoldError(error, "unavailable") ? error.cause : error;
}

/** Tells of a database that may only be read: it is waited for, but it may stay so. */
export class ReadOnlyWarning {
  readonly #what: string;
  readonly #warn: Warn;
  #told = false;

  /** @param what - waits for it */
  constructor(what: string, warn: Warn = emitWarning) {
    this.#what = what;
    this.#warn = warn;
  }

  /** To be called with what fails; tells once, until it is {@link over}. */
  met(cause: unknown): void {
    if (this.#told || !isJetfoldError(cause, "unavailable") || !isReadOnly(cause)) return;
    this.#told = true;
    const why = "a standby, or default_transaction_read_only: connect it to one that takes writes";
    const message = `${this.#what} waits for a database that may only be read (${why})`;
    this.#warn({ code: "read-only", message, cause });
  }

  over(): void {
    this.#told = false;
  }
}
