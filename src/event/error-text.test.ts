import { expect, test } from "vitest";
import { InvalidInputError } from "./errors.ts";
import { errorText, valueText } from "./error-text.ts";
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
