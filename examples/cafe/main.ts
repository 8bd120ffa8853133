import { inspect } from "node:util";
import { boardOf } from "./board.ts";
import { Cafe } from "./cafe.ts";
import { allHeld, type Check, reportOf } from "./checks.ts";
import { createDisplay } from "./display.ts";
import { playEvening } from "./evening.ts";
import { type EveningOptions, readOptions } from "./options.ts";
import { callTeam } from "./team.ts";
import { openVenue } from "./venue.ts";

const patienceMs = 60_000;

try {
  const options = readOptions(process.argv.slice(2));
  if (options !== undefined) await run(options);
} catch (error) {
  fail(error);
}

async function run({ fast, seed }: EveningOptions): Promise<void> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
  const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(patienceMs)]);

  const venue = await openVenue(signal);
  const team = callTeam(seed);
  const cafe = new Cafe(venue.store, fast ? 2 : 60, signal);
  const tables = team.flatMap((waiter) => waiter.tables).toSorted((a, b) => a - b);
  const display = createDisplay(process.stdout, () => boardOf(cafe, tables));
  const checks: Check[] = [];
  try {
    display.say(`Evening ${seed}, on ${venue.address}.`);
    checks.push(...(await playEvening(cafe, team, display)));
  } catch (error) {
    fail(error);
  }
  display.end();
  const stopped = await cafe.close();
  const left = await venue.close();
  checks.push({
    claim: "everything was shut down, and nothing is left behind",
    held: stopped && left.length === 0,
  });
  process.stdout.write(`${reportOf(checks).join("\n")}\n`);
  if (!allHeld(checks)) process.exitCode = 1;
}

function fail(error: unknown): void {
  process.stderr.write(`${inspect(error)}\n`);
  process.exitCode = 1;
}
