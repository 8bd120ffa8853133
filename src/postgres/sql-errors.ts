import { isJetfoldError, UnavailableError } from "../event/index.ts";

/** An error that PostgreSQL itself has reported. */
interface SqlError extends Error {
  /** The SQLSTATE: five characters, of which two name the class. */
  readonly code: string;
}

/**
 * SQLSTATE classes and codes (PostgreSQL, appendix A) after which the same may well succeed: the
 * connection (08), the operator (57P: a shutdown, a crash), too little of something (53), a
 * transaction that was chosen to give way (40001, 40P01), one of which nobody knows how it ended
 * (40003), one that may only be read from now (a failover, 25006), and one that was ended because
 * nothing was said in it for too long (25P03).
 */
const passing = /^(?:08...|57P0[1-5]|53...|40001|40003|40P01|25006|25P03)$/;

/**
 * Those by which PostgreSQL ends what takes too long: `statement_timeout` or an operator's cancel
 * (57014), `lock_timeout` (55P03), `transaction_timeout` (25P04). Of the library's own statements, which
 * are small, they say that the database is slow or somebody has a lock; of a handler's, that it is.
 */
const tooLong = /^(?:57014|55P03|25P04)$/;

/** Errors of sockets and names, as Node reports them; its `ERR_` are mistakes of a caller's, but these. */
const network =
  /^(?:E(?!RR_)[A-Z0-9_]+|ERR_SOCKET_[A-Z_]+|ERR_STREAM_(?:DESTROYED|WRITE_AFTER_END|PREMATURE_CLOSE))$/;

/** An error of this library's own statements, or of the connection, as an outage, if it is one. */
export function asOutage(error: unknown): UnavailableError | undefined {
  if (isJetfoldError(error, "unavailable")) return error;
  if (!(error instanceof Error) || error instanceof TypeError) return undefined;
  const away = isSqlError(error) ? tooLong.test(error.code) : isNetworkError(error);
  return away ? outage(error) : asPassing(error);
}

/**
 * What PostgreSQL said to a handler, wherever it is in what that threw, as an outage, if it is one.
 * What the network said is not asked for: it may be that of something else the handler needs.
 */
export function asPassing(error: unknown): UnavailableError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isSqlError(cause) && passing.test(cause.code)) return outage(cause);
  }
  return undefined;
}

/**
 * Is it of a statement: what PostgreSQL has said to it, or that it took longer than the client waits
 * (pg 8, `query_timeout`)? Then a connection that is lost behind it was lost by it.
 */
export function isOfStatement(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isSqlError(cause) || cause.message === readTimeout) return true;
  }
  return false;
}

function outage(cause: Error): UnavailableError {
  return new UnavailableError(`the database is away: ${cause.message}`, { cause });
}

const readTimeout = "Query read timeout";

/** What the client says of its connection without a code (pg 8, pg-pool 3). */
const connectionTexts = [
  "Connection terminated",
  "Client has encountered a connection error",
  "Client was closed",
  "timeout exceeded when trying to connect",
  "timeout expired",
  "write after end",
  readTimeout,
];

function isNetworkError(error: Error): boolean {
  if ("code" in error && typeof error.code === "string" && network.test(error.code)) return true;
  return connectionTexts.some((text) => error.message.startsWith(text));
}

/** Was something to be written in a transaction that may only read? Wherever that is in an error. */
export function isReadOnly(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isSqlError(cause) && cause.code === "25006") return true;
  }
  return false;
}

/** A table of the library's own is missing. */
export function isWithoutTable(error: unknown): error is SqlError {
  return isSqlError(error) && error.code === "42P01";
}

/** PostgreSQL has said no, and will again: no such role, database, table or right. */
export function isDeniedBy(error: unknown): error is SqlError {
  return isSqlError(error) && /^(?:28...|3D000|3F000|42...)$/.test(error.code);
}

/** Two sessions made the same at the same moment (a table: 23505 on the catalogue, 42P07). */
export function isRaceOf(error: unknown): boolean {
  return isSqlError(error) && /^(?:23505|42P07|40P01|XX000)$/.test(error.code);
}

/** A statement in a transaction in which another one has failed. */
export function isAborted(error: unknown): boolean {
  return isSqlError(error) && error.code === "25P02";
}

/** A savepoint is asked for in no transaction, or in one that does not have it. */
export function isWithoutSavepoint(error: unknown): boolean {
  return isSqlError(error) && /^(?:25P01|3B001)$/.test(error.code);
}

function isSqlError(error: unknown): error is SqlError {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code) && "severity" in error;
}
