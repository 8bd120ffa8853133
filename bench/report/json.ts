import { writeFile } from "node:fs/promises";
import type { Outcome } from "../harness/run.ts";

/** Write the figures for programs: `{ "<key>": { value, unit, scale, ratio } }`; what failed or was skipped is missing. */
export async function writeJson(file: string, outcomes: readonly Outcome[]): Promise<void> {
  const measured = outcomes.flatMap((outcome) => ("value" in outcome ? [outcome] : []));
  const entries = measured.map(({ key, value, unit, scale, ratio }) => {
    return [key, { value, unit, scale, ratio }] as const;
  });
  await writeFile(file, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
}
