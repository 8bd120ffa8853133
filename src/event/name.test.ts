import { describe, expect, it } from "vitest";
import { InvalidInputError } from "./errors.ts";
import { checkId, idOf } from "./name.ts";

describe("an id", () => {
  it.each([
    "*",
    ">",
    "a.b",
    "",
    " ",
    "a b",
    "\0",
    "a\u200bb",
    "\ufeff",
    "é",
    "x".repeat(129),
    5,
    null,
  ])("is refused when it is %j", (id) => {
    expect(() => checkId(id)).toThrow(InvalidInputError);
  });

  it("may have 128 characters of the alphabet", () => {
    expect(checkId("A-z_09".repeat(21))).toHaveLength(126);
    expect(checkId("x".repeat(128))).toHaveLength(128);
  });
});

describe("idOf", () => {
  it("gives the same valid id for the same text, for ever", () => {
    expect(idOf("derek@cafe.example")).toBe("1d13a45a-9692-5eea-9fab-5188bb3b71ad");
    expect(checkId(idOf("derek@cafe.example"))).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab]/,
    );
  });

  it("takes two spellings of one Unicode text for one", () => {
    expect(idOf("caf\u00e9")).toBe(idOf("cafe\u0301"));
    expect(idOf("a")).not.toBe(idOf("b"));
  });

  it.each(["", "\ud800", 5])("refuses %j", (text) => {
    expect(() => idOf(text as string)).toThrow(InvalidInputError);
  });
});
