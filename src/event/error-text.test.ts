import { expect, test } from "vitest";
import { InvalidInputError, RejectedError } from "./errors.ts";
import { Rejection } from "./rejection.ts";
import { errorText, storableText, valueText } from "./error-text.ts";
import { formOf } from "../worker/error-form.ts";

function fail(): never {
  throw new Error("asked for");
}

/** Values that throw when they are looked at. */
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const hostile: readonly unknown[] = [
  Object.create(null),
  { toString: fail },
  Object.create({
    get constructor() {
      return fail();
    },
  }),
  revoked.proxy,
  new Proxy({}, { getPrototypeOf: fail, get: fail }),
  Object.defineProperty(new Error("x"), "message", { get: fail }),
  Object.defineProperty(new Error("x"), "name", { value: Object.create(null) }),
  Object.defineProperty(new Error("x"), "extra", { get: fail, enumerable: true }),
  Symbol("s"),
  undefined,
  null,
];

test("whatever was thrown or given has a text, and no look at it throws", () => {
  for (const value of hostile) {
    expect(errorText(value)).toBeTypeOf("string");
    expect(valueText(value)).toBeTypeOf("string");
    expect(new InvalidInputError("field", "must be", value).message).toMatch(
      /^field must be, got /,
    );
    expect(["value", "error"]).toContain(formOf(value).kind);
  }
  expect(errorText(new TypeError("no"))).toBe("TypeError: no");
  expect(errorText("plain")).toBe("plain");
});

test("an error's text can be stored anywhere: well-formed, cut between characters, controls visible", () => {
  expect(errorText(new Error("bad \u0000 byte, \ud83d, \u0007\ttab"))).toBe(
    "Error: bad \\u0000 byte, \ufffd, \\u0007\ttab",
  );
  for (const most of [7, 8, 9, 10]) {
    const cut = storableText("x".repeat(6) + "😀".repeat(5), most);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut).not.toContain("\ufffd");
    expect(cut).toMatch(/^x{6}(?:😀)*…$/u);
    expect(cut.length).toBeLessThanOrEqual(most);
  }
  expect(storableText("short", 5)).toBe("short");
  const rejection = new Rejection("no", "a \u0000 in it");
  expect(new RejectedError({ family: "Tab", id: "a" }, rejection).message).toContain(
    "a \\u0000 in it",
  );
  Object.defineProperty(rejection, "message", { value: Object.create(null) });
  expect(new RejectedError({ family: "Tab", id: "a" }, rejection).message).toContain("no text");
});
