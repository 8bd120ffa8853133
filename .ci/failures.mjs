/**
 * Tell why a stage failed: `node failures.mjs LOGS NAME`. Where vitest left a report, each test that
 * did not pass and the first lines of what it says; then the end of the log.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const linesOfEach = 12;
const linesOfLog = 20;

const [logs, name] = process.argv.slice(2);
const report = join(logs, `${name}.json`);
const said = existsSync(report) ? failuresIn(JSON.parse(readFileSync(report, "utf8"))) : [];
const log = readFileSync(join(logs, `${name}.log`), "utf8")
  .trimEnd()
  .split("\n");
for (const line of [...said, ...log.slice(-linesOfLog)]) console.log(`    | ${line}`);

function failuresIn({ testResults }) {
  const lines = [];
  for (const { name: file, message, assertionResults } of testResults) {
    const where = relative(process.cwd(), file);
    const bad = assertionResults.filter(({ status }) => status !== "passed");
    for (const { fullName, status, failureMessages } of bad)
      lines.push(`${where}: ${fullName} (${status})`, ...startOf(failureMessages.join("\n")));
    if (bad.length === 0 && message !== "") lines.push(where, ...startOf(message));
  }
  return lines;
}

function startOf(text) {
  return text.split("\n", linesOfEach).map((line) => `  ${line}`);
}
