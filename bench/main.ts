import { readFile } from "node:fs/promises";
import { run } from "./harness/run.ts";
import { scaleOf } from "./harness/scale.ts";
import { type BenchOptions, readOptions } from "./options.ts";
import { writeJson } from "./report/json.ts";
import { machineLine } from "./report/machine.ts";
import { methodText } from "./report/method.ts";
import { spliceInto } from "./report/readme.ts";
import { tableOf } from "./report/table.ts";
import { scenarios } from "./scenarios.ts";

/** Measure and report. Resolves with the exit code. */
async function main({ scale, only, json, readme }: BenchOptions): Promise<number> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
  process.once("SIGTERM", () => interrupted.abort(new Error("terminated")));
  if (readme !== undefined) await readFile(readme);
  const { signal } = interrupted;
  const machine = await machineLine();
  const selected = scenarios.filter(({ key }) => only.includes(key));
  const outcomes = await run(selected, { scale, signal, say });
  const text = `${tableOf(outcomes)}\n\n${machine}.\n\n${methodText(scaleOf(scale))}`;
  process.stdout.write(`${text}\n`);
  if (json !== undefined) await writeJson(json, outcomes);
  const failed = outcomes.some((outcome) => "failed" in outcome);
  if (readme !== undefined && !failed) await spliceInto(readme, text);
  setTimeout(endAnyway, exitPatienceMs).unref();
  return failed ? 1 : 0;
}

const exitPatienceMs = 5_000;

/** Something was not closed; the run is over all the same. */
function endAnyway(): void {
  say(`still open: ${process.getActiveResourcesInfo().join(", ")}`);
  process.exit();
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options !== undefined) process.exitCode = await main(options);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
