import { expect, test } from "vitest";
import { fromJsonb, toJsonb } from "./stored-json.ts";

test("a text with U+0000 is a jsonb without it, and comes back equal", () => {
  for (const text of ["a\0b", "\u0001a", "\0\u0001\0", "\u0001\u0001ab", "plain \\u0000"]) {
    const value = { commitId: text, selects: [text, 1, null] };
    const stored = toJsonb(value);
    expect(stored.replaceAll("\\\\u0000", "")).not.toContain("\\u0000");
    expect(fromJsonb(stored)).toEqual(value);
  }
  expect(fromJsonb('{"sequence":3,"commitId":"x"}')).toEqual({ sequence: 3, commitId: "x" });
});
