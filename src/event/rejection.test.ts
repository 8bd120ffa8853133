import { expect, test } from "vitest";
import {
  InvalidInputError,
  isJetfoldError,
  isRejection,
  RejectedError,
  Rejection,
} from "./index.ts";

class Overdrawn extends Rejection<"overdrawn", { readonly left: number }> {
  constructor(left: number) {
    super("overdrawn", `there are ${left}`, { left });
  }
}

test("a rejection is known by its brand and its code, whatever it is called", () => {
  const no = new Overdrawn(3);
  expect(isRejection(no)).toBe(true);
  expect([isRejection(no, "overdrawn"), isRejection(no, "x")]).toEqual([true, false]);
  expect(no).toMatchObject({ name: "Rejection", message: "there are 3", data: { left: 3 } });
  expect(isRejection(Object.assign(new Error("no"), { code: "overdrawn" }))).toBe(false);
  for (const value of [
    undefined,
    null,
    "no",
    {},
    new RejectedError({ family: "F", id: "i" }, no),
  ]) {
    expect(isRejection(value)).toBe(false);
  }
});

test("a domain's code is never taken for jetfold's", () => {
  expect(isJetfoldError(new Rejection("not-found"))).toBe(false);
  expect(isJetfoldError(new Rejection("unavailable"), "unavailable")).toBe(false);
});

test("what is no code is refused: a message in its place, say", () => {
  for (const code of ["open the account first", "", "a.b", "x".repeat(129), undefined]) {
    expect(() => new Rejection(code as string)).toThrow(InvalidInputError);
  }
  expect(new Rejection("not-open").message).toBe("not-open");
});

test("the error that execute throws says the message and the code", () => {
  const at = { family: "Account", id: "ada" };
  const long = new RejectedError(at, new Overdrawn(3));
  expect(long.message).toBe('Account "ada" rejected the command: there are 3 (overdrawn)');
  const short = new RejectedError(at, new Rejection("not-open"));
  expect(short.message).toBe('Account "ada" rejected the command: not-open');
  expect(short.rejection).toBe(short.cause);
});
