import type { Contender, Measured } from "./contender.ts";
import type { Outcome, WorkOutcome } from "./rounds.ts";
import { scaleOf, type Work } from "./work.ts";

/** A work's figures in the form of all benches here. */
export interface ReportedWork {
  readonly value: number;
  readonly unit: string;
  readonly scale: string;
  /** How many times faster jetfold is, by the peer's name. */
  readonly ratio: Readonly<Record<string, number>>;
}

/** What `--json` writes: by the work's key. */
export function jsonReport(
  outcomes: readonly WorkOutcome[],
  own: string,
): Readonly<Record<string, ReportedWork>> {
  const report: Record<string, ReportedWork> = {};
  for (const outcome of outcomes) {
    const { work, size } = outcome;
    const value = figureOf(outcome, own)?.median;
    if (value === undefined) continue;
    const ratio: Record<string, number> = {};
    for (const name of outcome.outcomes.keys()) {
      const times = name === own ? undefined : ratioOf(outcome, own, name);
      if (times !== undefined) ratio[name] = rounded(times);
    }
    report[work.key] = {
      value: rounded(value),
      unit: work.unit,
      scale: scaleOf(work, size),
      ratio,
    };
  }
  return report;
}

/** What is printed: a row for each work and contender, and the contenders' remarks below. */
export function textReport(
  outcomes: readonly WorkOutcome[],
  contenders: readonly Contender[],
  own: string,
): string {
  const rows = [["work", "contender", "median", "unit", "spread", "jetfold is", "scale"]];
  const remarks: string[] = [];
  for (const outcome of outcomes) {
    for (const { name } of contenders) {
      rows.push(rowOf(outcome, own, name));
      const remark = remarkOf(outcome.outcomes.get(name));
      if (remark !== undefined) remarks.push(`${outcome.work.key}, ${name}: ${remark}`);
    }
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trim(),
  );
  const versions = contenders.map(({ name, version }) => `${name} ${version}`).join(", ");
  return [...lines, "", ...remarks, `contenders: ${versions}`].join("\n");
}

function rowOf(outcome: WorkOutcome, own: string, name: string): string[] {
  const { work, size } = outcome;
  const shown = figureOf(outcome, name);
  const scale = scaleOf(work, size);
  if (shown === undefined) return [work.key, name, "-", "", "", "", scale];
  const times = name === own ? undefined : ratioOf(outcome, own, name);
  const ratio = times === undefined ? "" : `${times.toFixed(2)} x as fast`;
  const spread = `${(shown.spread * 100).toFixed(0)} %`;
  return [work.key, name, shown.median.toFixed(0), work.unit, spread, ratio, scale];
}

function remarkOf(outcome: Outcome | undefined): string | undefined {
  if (outcome?.failure !== undefined) return `failed: ${outcome.failure}`;
  if (outcome?.unsupported !== undefined) return `not possible: ${outcome.unsupported}`;
  return outcome?.rounds[0]?.note;
}

/** Above 1 when `own` is faster. */
function ratioOf(outcome: WorkOutcome, own: string, peer: string): number | undefined {
  const [ours, theirs] = [figureOf(outcome, own)?.median, figureOf(outcome, peer)?.median];
  if (ours === undefined || theirs === undefined) return undefined;
  return outcome.work.figure === "rate" ? ours / theirs : theirs / ours;
}

/** The median of a contender's rounds, and how far they lie apart as a part of it. */
function figureOf(
  { work, size, outcomes }: WorkOutcome,
  name: string,
): { readonly median: number; readonly spread: number } | undefined {
  const rounds = outcomes.get(name)?.rounds ?? [];
  const perOperation = work.unit === "events/s" ? size.aggregates * size.events : 1;
  const sorted = rounds.map((one) => figure(work, one, perOperation)).toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  if (median === undefined) return undefined;
  return { median, spread: (sorted.at(-1)! - sorted[0]!) / median };
}

function figure(work: Work, { operations, elapsedMs, p50Us }: Measured, each: number): number {
  return work.figure === "p50" ? p50Us : (operations * each) / (elapsedMs / 1000);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
