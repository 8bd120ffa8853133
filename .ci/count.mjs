/**
 * Sum up a run: `node count.mjs LOGS CODE`. Prints what went wrong, then `N passed, N failed`.
 *
 * A stage of tests counts by its tests; one whose log ends in `N passed, N failed` by that; any
 * other as one. What was skipped did not pass, and a stage that ended badly is never without a
 * failure. CODE is how the run itself ended: a run that broke off has failed.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const [logs, code] = process.argv.slice(2);
const lines = readFileSync(join(logs, "stages.tsv"), "utf8").split("\n").filter(Boolean);
const counts = lines.map((line) => {
  const [name, exit] = line.split("\t");
  return countStage(name, exit === "0");
});
const brokeOff = code !== "0" && counts.every(({ failures }) => failures.length === 0);
if (brokeOff || counts.length === 0) counts.push({ passed: 0, failures: ["the run broke off"] });

const failed = counts.flatMap((count) => count.failures);
for (const failure of failed) console.log(`FAILED  ${failure}`);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
console.log(`${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** @returns {{ passed: number, failures: string[] }} */
function countStage(name, ok) {
  const count = countTests(name) ?? countPrinted(name) ?? { passed: ok ? 1 : 0, failures: [] };
  if (!ok && count.failures.length === 0) count.failures.push(`${name}: see ${name}.log`);
  return count;
}

/** From the report of vitest; undefined when this stage was to write none. */
function countTests(name) {
  const path = join(logs, `${name}.json`);
  if (!existsSync(path)) return undefined;
  const report = JSON.parse(readFileSync(path, "utf8"));
  const failures = [];
  for (const file of report.testResults) {
    const where = relative(process.cwd(), file.name);
    const bad = file.assertionResults.filter(({ status }) => status !== "passed");
    for (const { fullName, status } of bad)
      failures.push(`${name}: ${where}: ${fullName} (${status})`);
    // A file that can't be loaded has no tests to fail.
    if (file.status !== "passed" && bad.length === 0) failures.push(`${name}: ${where}`);
  }
  if (report.numTotalTests === 0 && failures.length === 0) failures.push(`${name}: no test ran`);
  return { passed: report.numPassedTests, failures };
}

/** From the last line of its log; undefined when it is no such line. */
function countPrinted(name) {
  const log = readFileSync(join(logs, `${name}.log`), "utf8");
  const found = /^(\d+) passed, (\d+) failed$/m.exec(log.trimEnd().split("\n").at(-1) ?? "");
  if (found === null) return undefined;
  const named = [...log.matchAll(/^FAIL +(.*)$/gm)].map(([, check]) => `${name}: ${check}`);
  const failures = Array.from({ length: Number(found[2]) }, (_, i) => named[i] ?? `${name}: ?`);
  return { passed: Number(found[1]), failures };
}
