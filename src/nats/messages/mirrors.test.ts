import type { StoreWarning } from "../../event/index.ts";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Mirrors } from "./mirrors.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

it("remembers for a minute which stream a mirror answers for, and warns once for each", () => {
  const warnings: StoreWarning[] = [];
  const mirrors = new Mirrors((warning) => warnings.push(warning));
  expect(mirrors.answerFor("bank")).toBe(false);
  for (let i = 0; i < 10; i++) mirrors.saw("bank", "copy");
  expect(mirrors.answerFor("bank")).toBe(true);
  expect(mirrors.answerFor("KV_bank-snapshots")).toBe(false);
  vi.advanceTimersByTime(59_000);
  expect(mirrors.answerFor("bank")).toBe(true);
  vi.advanceTimersByTime(2_000);
  expect(mirrors.answerFor("bank")).toBe(false);
  mirrors.saw("bank", "copy");
  mirrors.saw("KV_bank-snapshots", "copy");
  expect(mirrors.answerFor("bank")).toBe(true);
  expect(warnings.map(({ code }) => code)).toEqual(["mirror", "mirror"]);
  expect(warnings[0]!.message).toMatch(/"copy".*"bank".*leader/);
});
