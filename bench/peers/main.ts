// The same work done by jetfold, by the crate esrc (Rust) and by the module rita (Go), on one
// server: `npm run bench:peers -- --help`.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { startNatsServer } from "jetfold/testing";
import { buildPeers } from "./build.ts";
import type { Contender } from "./contender.ts";
import { jetfold } from "./jetfold/contender.ts";
import { jsonReport, textReport } from "./report.ts";
import { doWork, type WorkOutcome } from "./rounds.ts";
import { type Work, works } from "./work.ts";

const rounds = 3;
const own = "jetfold";
const help = `Usage: npm run bench:peers -- [--quick] [--only KEY,KEY] [--json FILE]

Compares jetfold with esrc (needs cargo) and rita (needs go); a peer that can't be had is skipped.
  --quick      less of everything
  --only KEYS  some of: ${works.map(({ key }) => key).join(", ")}
  --json FILE  write the figures there, too
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const chosen = chooseWorks(values.only);
  const signal = interruption();
  const { peers, broken } = await buildPeers({ signal, progress });
  if (peers.length === 0) return broken.length;
  const contenders = [jetfold(ownVersion()), ...peers];
  const outcomes = await compare(contenders, chosen, values.quick, signal);
  console.log(textReport(outcomes, contenders, own));
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify(jsonReport(outcomes, own), null, 2)}\n`);
  }
  const failed = outcomes.some((one) =>
    [...one.outcomes.values()].some(({ failure }) => failure !== undefined),
  );
  return failed || broken.length > 0 ? 1 : 0;
}

async function compare(
  contenders: readonly Contender[],
  chosen: readonly Work[],
  quick: boolean,
  signal: AbortSignal,
): Promise<WorkOutcome[]> {
  const outcomes: WorkOutcome[] = [];
  await using server = await startNatsServer({ progress, signal });
  for (const work of chosen) {
    const options = { url: server.url, rounds, signal, progress };
    outcomes.push(await doWork(contenders, work, quick ? work.quick : work.full, options));
  }
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}, ${process.platform}`;
  const size = quick ? "quick" : "full";
  console.log(
    `nats-server ${server.version}, one node, file storage, default sync; 134-byte events;\n` +
      `node ${process.version}; ${machine}; ${size} size, median of ${rounds} rounds\n`,
  );
  return outcomes;
}

function chooseWorks(only: string | undefined): readonly Work[] {
  if (only === undefined) return works;
  return only.split(",").map((key) => {
    const work = works.find((one) => one.key === key);
    if (work === undefined) throw new Error(`no such work: ${key}\n${help}`);
    return work;
  });
}

/** Aborts at the first Ctrl-C or termination; what is under way ends, and then the process. */
function interruption(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      interrupted.abort(new Error(`interrupted by ${name}`));
    });
  }
  return interrupted.signal;
}

function ownVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  progress(String(error));
  process.exitCode = 1;
}
