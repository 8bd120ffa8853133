import { describe, expect, it } from "vitest";
import { ConfigError, InvalidInputError } from "./errors.ts";
import { defineEvents } from "./family.ts";
import { selectorOf } from "./selection.ts";

type Ev = { type: "A"; n: number } | { type: "B" };
const family = defineEvents<Ev>()({ name: "Fam", types: { A: {}, B: {} } });

describe("a family", () => {
  it.each(["", "a.b", "*", "x".repeat(129)])("can't be called %j", (name) => {
    expect(() => defineEvents<Ev>()({ name, types: { A: {}, B: {} } })).toThrow(ConfigError);
  });

  it("is declared by two calls", () => {
    const definition = { name: "Fam", types: { A: {}, B: {} } };
    expect(() => defineEvents<Ev>(definition as never)).toThrow(/second call/);
  });

  it("refuses ids and types that break the rules", () => {
    expect(() => family.of("a.b")).toThrow(InvalidInputError);
    expect(() => family.only("C" as "A")).toThrow(/must be a type of family "Fam"/);
    expect(() => family.only()).toThrow(InvalidInputError);
  });
});

describe("a selection", () => {
  it("of one aggregate alone is known as such", () => {
    expect(selectorOf(family.of("x")).single).toMatchObject({ id: "x" });
    expect(selectorOf([family.of("x"), family.of("y")]).single).toBeUndefined();
    expect(selectorOf(family).single).toBeUndefined();
  });

  it("is refused when it is empty, no selection, or names two families alike", () => {
    const other = defineEvents<Ev>()({ name: "Fam", types: { A: {}, B: {} } });
    expect(() => selectorOf([])).toThrow(InvalidInputError);
    expect(() => selectorOf("Fam" as never)).toThrow(InvalidInputError);
    expect(() => selectorOf(undefined as never)).toThrow(InvalidInputError);
    expect(() => selectorOf([family, other])).toThrow(/two different families alike/);
  });
});
