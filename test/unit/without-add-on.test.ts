import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);

/** What a process says that encodes and decodes; msgpackr reads the variable when it is loaded. */
function samplesIn(addOn: boolean): { native: boolean; changed: number; bytes: string } {
  const program = ["-C", "@jetfold/source", "--import", "tsx", "test/unit/codec-child.ts"];
  const env = { ...process.env, MSGPACKR_NATIVE_ACCELERATION_DISABLED: String(!addOn) };
  const options = { cwd: root, env, encoding: "utf8", maxBuffer: 1 << 26 } as const;
  return JSON.parse(execFileSync(process.execPath, program, options)) as never;
}

it("an installation without msgpackr's native add-on writes and reads the same", () => {
  const [withIt, without] = [samplesIn(true), samplesIn(false)];
  expect(withIt.native, "the add-on is installed here").toBe(true);
  expect(without.native).toBe(false);
  expect([withIt.changed, without.changed]).toEqual([0, 0]);
  expect(without.bytes === withIt.bytes, "the same bytes").toBe(true);
}, 60_000);
