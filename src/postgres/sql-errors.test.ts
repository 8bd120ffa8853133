import { describe, expect, test } from "vitest";
import { asOutage, asPassing, isOfStatement } from "./sql-errors.ts";

const sql = (code: string): Error =>
  Object.assign(new Error(`said by PostgreSQL: ${code}`), { code, severity: "ERROR" });
const coded = (code: string): Error => Object.assign(new Error("said by Node"), { code });

/** What is an outage in the library's own statements, and what in a handler's. */
const table: readonly (readonly [what: string, error: unknown, own: boolean, handler: boolean])[] =
  [
    ["08006 connection failure", sql("08006"), true, true],
    ["08P01 protocol violation", sql("08P01"), true, true],
    ["25006 read-only transaction", sql("25006"), true, true],
    ["25P03 idle in transaction", sql("25P03"), true, true],
    ["25P04 transaction timeout", sql("25P04"), true, false],
    ["40001 serialization failure", sql("40001"), true, true],
    ["40003 completion unknown", sql("40003"), true, true],
    ["40P01 deadlock", sql("40P01"), true, true],
    ["53100 disk full", sql("53100"), true, true],
    ["53300 too many connections", sql("53300"), true, true],
    ["55P03 lock timeout", sql("55P03"), true, false],
    ["57014 statement timeout", sql("57014"), true, false],
    ["57P01 admin shutdown", sql("57P01"), true, true],
    ["57P03 cannot connect now", sql("57P03"), true, true],
    ["57P05 idle session timeout", sql("57P05"), true, true],
    ["22012 division by zero", sql("22012"), false, false],
    ["23505 unique violation", sql("23505"), false, false],
    ["25P02 aborted transaction", sql("25P02"), false, false],
    ["28P01 wrong password", sql("28P01"), false, false],
    ["42501 insufficient privilege", sql("42501"), false, false],
    ["42P01 undefined table", sql("42P01"), false, false],
    ["ECONNREFUSED", coded("ECONNREFUSED"), true, false],
    ["ECONNRESET", coded("ECONNRESET"), true, false],
    ["EAI_AGAIN", coded("EAI_AGAIN"), true, false],
    ["ENOTFOUND", coded("ENOTFOUND"), true, false],
    ["EPIPE", coded("EPIPE"), true, false],
    ["ETIMEDOUT", coded("ETIMEDOUT"), true, false],
    ["a stream that is destroyed", coded("ERR_STREAM_DESTROYED"), true, false],
    ["pg: a query that took too long", new Error("Query read timeout"), true, false],
    ["pg: a pool without room", new Error("timeout exceeded when trying to connect"), true, false],
    ["pg: no answer to connecting", new Error("timeout expired"), true, false],
    ["pg: a connection that ended", new Error("Connection terminated unexpectedly"), true, false],
    [
      "pg: a client that was closed",
      new Error("Client was closed and is not queryable"),
      true,
      false,
    ],
    [
      "Node: a wrong argument",
      Object.assign(new TypeError("no"), { code: "ERR_INVALID_ARG_TYPE" }),
      false,
      false,
    ],
    ["Node: a wrong argument, by its code", coded("ERR_INVALID_ARG_VALUE"), false, false],
    [
      "a driver's own mistake",
      new TypeError("Client was passed a null or undefined query"),
      false,
      false,
    ],
    ["anything else", new Error("no such thing"), false, false],
    ["no error", "Query read timeout", false, false],
  ];

describe("an error of the database", () => {
  test.each(table)("%s", (_, error, own, handler) => {
    expect(asOutage(error) !== undefined).toBe(own);
    // A handler's may be inside of what that throws.
    expect(asPassing(new Error("a handler failed", { cause: error })) !== undefined).toBe(handler);
  });

  test("is of a statement, or only of the connection", () => {
    const inside = (cause: unknown): Error => new Error("a handler failed", { cause });
    for (const error of [sql("57014"), new Error("Query read timeout")]) {
      expect(isOfStatement(inside(error))).toBe(true);
    }
    for (const error of [coded("ECONNRESET"), new Error("Connection terminated unexpectedly")]) {
      expect(isOfStatement(inside(error))).toBe(false);
    }
  });
});
