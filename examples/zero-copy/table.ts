import type { Cost, Reading } from "./reading.ts";
import { waysToRead, type WayToRead } from "./ways-to-read.ts";

const widths = [22, 14, 12, 12, 12] as const;

/** What each way to read cost: bytes copied for all events, microseconds for one of each kind. */
export function tableOf(readings: readonly Reading[]): string[] {
  const header = [
    row("", "bytes copied", ...readings.map(({ sample }) => sample.name)),
    row("", "all events", ...readings.map(({ bodyBytes }) => bytesText(bodyBytes))),
  ];
  const line = "─".repeat(widths.reduce((sum, width) => sum + width, 0));
  return [...header, line, ...waysToRead.map((way) => rowOf(way, readings))];
}

function rowOf(way: WayToRead, readings: readonly Reading[]): string {
  const costs = readings.map((reading): Cost => reading.costs.get(way)!);
  const copied = costs.reduce((sum, { copiedBytes }) => sum + copiedBytes, 0);
  return row(way.name, bytesText(copied), ...costs.map(({ micros }) => `${microsText(micros)} µs`));
}

/** The first cell to the left, the others to the right. */
function row(...cells: readonly string[]): string {
  const [first = "", ...rest] = cells;
  return first.padEnd(widths[0]) + rest.map((cell, i) => cell.padStart(widths[i + 1]!)).join("");
}

function microsText(micros: number): string {
  return micros.toFixed(micros < 10 ? 2 : micros < 100 ? 1 : 0);
}

/** A number of bytes for people: `70 B`, `33.1 kB`, `7.9 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`;
  return bytes < 1_000_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
