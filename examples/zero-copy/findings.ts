import type { Reading } from "./reading.ts";
import type { Rebuilding } from "./rebuilding.ts";
import { lazy, plain, views } from "./ways-to-read.ts";

/** One way against a plainer one. */
export interface Finding {
  readonly what: string;
  /** How many times as fast as the plainer one; below 1 it is slower. */
  readonly ratio: number;
}

/** What was measured, as ratios of this run. */
export function findingsOf(readings: readonly Reading[], rebuilding: Rebuilding): Finding[] {
  const findings = readings.flatMap(({ sample: { name }, costs }): Finding[] => {
    const [byPlain, byViews, byLazy] = [plain, views, lazy].map((way) => costs.get(way)!.micros);
    return [
      { what: `${name}: envelope.event, not msgpackr alone`, ratio: byPlain! / byViews! },
      { what: `${name}: two fields, not the whole event`, ratio: byViews! / byLazy! },
    ];
  });
  const { plainMicros, skippingMicros } = rebuilding;
  const ms = (skippingMicros / 1_000).toFixed(0);
  const what = `a whole rebuild (${ms} ms): 95 % of the frames skipped, not decoded and copied`;
  return [...findings, { what, ratio: plainMicros / skippingMicros }];
}

/** Differences smaller than this are as likely the machine's mood. */
const clear = 1.25;

/** The findings as lines to print: what paid, what did not, the largest effect first. */
export function verdictsOf(findings: readonly Finding[]): string[] {
  const sorted = findings.toSorted((a, b) => b.ratio - a.ratio);
  const group = (title: string, belongs: (ratio: number) => boolean): string[] => {
    const lines = sorted.filter(({ ratio }) => belongs(ratio)).map(lineOf);
    return lines.length === 0 ? [] : [title, ...lines];
  };
  return [
    ...group("It paid", (ratio) => ratio >= clear),
    ...group("It made little difference", (ratio) => ratio < clear && ratio > 1 / clear),
    ...group("It cost more than it saved", (ratio) => ratio <= 1 / clear),
  ];
}

function lineOf({ what, ratio }: Finding): string {
  return `  ${ratio.toFixed(ratio < 10 ? 2 : 0).padStart(6)} × as fast   ${what}`;
}
