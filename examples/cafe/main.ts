import { inspect } from "node:util";
import { board$ } from "./board.ts";
import { Cafe } from "./cafe.ts";
import { allHeld, type Check, reportOf } from "./checks.ts";
import { createDisplay } from "./display.ts";
import { playEvening } from "./evening.ts";
import { type EveningOptions, readOptions } from "./options.ts";
import { Screens } from "./screens.ts";
import { callTeam } from "./team.ts";
import { openVenue, type Venue } from "./venue.ts";

const patienceMs = 60_000;

try {
  const options = readOptions(process.argv.slice(2));
  if (options !== undefined) await run(options);
} catch (error) {
  fail(error);
}

async function run(options: EveningOptions): Promise<void> {
  const ending = new AbortController();
  process.once("SIGINT", () => ending.abort(new Error("interrupted")));
  const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(patienceMs)]);

  const venue = await openVenue(signal);
  const checks: Check[] = [];
  const left: string[] = [];
  try {
    const screens = await Screens.switchOn(venue.place, signal);
    try {
      checks.push(...(await openDoors(venue, screens, options, signal)));
    } finally {
      left.push(...(await screens.switchOff()));
    }
  } catch (error) {
    fail(error);
    // Also what was being started just then.
    ending.abort();
  }
  left.push(...(await venue.close()));
  checks.push({
    claim: "everything was shut down, and nothing is left behind",
    held: left.length === 0,
  });
  process.stdout.write(`${reportOf(checks).join("\n")}\n`);
  if (!allHeld(checks)) process.exitCode = 1;
}

/** The evening, told on the terminal. */
async function openDoors(
  { store, address }: Venue,
  screens: Screens,
  { fast, seed }: EveningOptions,
  signal: AbortSignal,
): Promise<Check[]> {
  const team = callTeam(seed);
  const cafe = new Cafe(store, screens, fast ? 2 : 60, signal);
  const tables = team.flatMap((waiter) => waiter.tables).toSorted((a, b) => a - b);
  const display = createDisplay(process.stdout, board$(cafe, tables));
  try {
    display.say(`Evening ${seed}, on ${address}.`);
    return await playEvening(cafe, team, display);
  } finally {
    display.end();
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${inspect(error)}\n`);
  process.exitCode = 1;
}
