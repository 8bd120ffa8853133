import { readFile } from "node:fs/promises";
import type { EventStore } from "jetfold";
import { selected } from "./busy-writers.ts";
import type { TakeOver } from "./failovers.ts";

/** A line of a file that several processes append to. */
interface Line {
  readonly writer: number;
  /** How often the writer had stood by. */
  readonly standbys: number;
  readonly ms: number;
  /** Where its event is among all of the store. */
  readonly place: number;
  /** The sequence of its commit. */
  readonly sequence: number;
}

/** What the file says against what is stored. */
export interface Reading {
  readonly events: number;
  /** Events of the store that are not in the file. */
  readonly missing: number;
  /** Lines before which an event was left out that comes in no line until then. */
  readonly gaps: readonly string[];
  readonly repeats: number;
  /** Of those, what a checkpoint that was saved before had already counted as handled. */
  readonly needless: number;
  /** The longest time before its end in which a former process had handled what was repeated. */
  readonly longestRepeatMs: number;
  /** Lines of processes that were woken when another one was active: of each at most so many. */
  readonly late: number;
  readonly mostLate: number;
}

/** Read the file that `failover-kv-child.ts` writes. */
export async function readLines(
  store: EventStore,
  file: string,
  takeOvers: readonly TakeOver[],
): Promise<Reading> {
  const places = new Map<string, Pick<Line, "place" | "sequence">>();
  for await (const { family, id, revision, sequence } of store.replay(selected)) {
    places.set(`${family}.${id}#${revision}`, { place: places.size, sequence });
  }
  const text = (await readFile(file, "utf8")).trimEnd().split("\n");
  const lines = text.map((line) => parse(line, places));
  const first = new Map<number, Line>();
  const gaps: string[] = [];
  for (const [i, line] of lines.entries()) {
    // Each event before this one has come already: by whom does not matter.
    if (!first.has(line.place) && line.place !== first.size) gaps.push(`line ${i}: ${text[i]}`);
    if (!first.has(line.place)) first.set(line.place, line);
  }
  const late = takeOvers.map((one) => lines.filter((line) => isLate(line, one)).length);
  return {
    events: places.size,
    missing: places.size - first.size,
    gaps,
    repeats: lines.length - first.size,
    needless: lines.filter((line) => takeOvers.some((one) => isNeedless(line, one))).length,
    longestRepeatMs: Math.max(0, ...takeOvers.map((one) => repeatedMs(one, lines, first))),
    late: late.reduce((sum, count) => sum + count, 0),
    mostLate: Math.max(0, ...late),
  };
}

function parse(line: string, places: ReadonlyMap<string, Pick<Line, "place" | "sequence">>): Line {
  const [writer, standbys, ms, key] = line.split(" ");
  const at = places.get(key!) ?? { place: Infinity, sequence: Infinity };
  return { writer: Number(writer), standbys: Number(standbys), ms: Number(ms), ...at };
}

function isOf(line: Line, { former, standbys }: TakeOver): boolean {
  return line.writer === former && line.standbys === standbys;
}

function isLate(line: Line, takeOver: TakeOver): boolean {
  return isOf(line, takeOver) && line.ms >= (takeOver.wokenMs ?? Infinity);
}

function isNeedless(line: Line, takeOver: TakeOver): boolean {
  return line.ms > takeOver.hitMs && line.sequence <= takeOver.saved && !isOf(line, takeOver);
}

/** How long before it was hit the former process had handled the first event that was repeated. */
function repeatedMs(
  takeOver: TakeOver,
  lines: readonly Line[],
  first: ReadonlyMap<number, Line>,
): number {
  const own = lines.filter((line) => isOf(line, takeOver) && line.ms <= takeOver.hitMs);
  const last = own.at(-1);
  if (last === undefined) return 0;
  const next = lines.find((line) => line.ms > takeOver.hitMs && !isOf(line, takeOver));
  const repeated = next && first.get(next.place);
  return repeated === undefined || !isOf(repeated, takeOver) ? 0 : last.ms - repeated.ms;
}
