import { defineEvents } from "jetfold";
import { expect, test } from "vitest";
import { defineReactor } from "./reactor.ts";

const events = defineEvents<{ type: "Placed" }>()({ name: "Order", types: { Placed: {} } });
const valid = { name: "fulfilment", events, react: () => undefined };

test("a reactor's version is 1 unless told otherwise, and it can't be changed", () => {
  const reactor = defineReactor(valid);
  expect(reactor.version).toBe(1);
  expect(defineReactor({ ...valid, version: 2 }).version).toBe(2);
  expect(Object.isFrozen(reactor)).toBe(true);
});

test.each([
  [{ name: "a.b" }, "name"],
  [{ version: 0 }, "version"],
  [{ version: 1.5 }, "version"],
  [{ onError: { retries: -1 } }, "onError.retries"],
  [{ onError: { policy: "skip" as never } }, "onError.policy"],
  [{ react: undefined as never }, "react"],
])("%j is refused, and named", (wrong, field) => {
  expect(() => defineReactor({ ...valid, ...wrong })).toThrow(field);
});
