import type { Outcome } from "../harness/run.ts";
import { type Figures, type Measured, short } from "../harness/scenario.ts";

const titles = ["key", "jetfold", "others", "jetfold against them", "bar"] as const;

/** The table of a run, in Markdown as the formatter leaves it, with its notes below. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = [titles, ...outcomes.map(cellsOf)];
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const [head, ...body] = rows.map(line);
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [head, rule, ...body, "", ...outcomes.flatMap(notesOf)].join("\n").trimEnd();
}

function cellsOf(outcome: Outcome): readonly string[] {
  if ("failed" in outcome)
    return [`\`${outcome.key}\``, `not measured: ${outcome.failed}`, "", "", ""];
  if ("skipped" in outcome) return [`\`${outcome.key}\``, outcome.skipped, "", "", ""];
  const [own, others] = split(outcome.figures);
  const ratio = Object.entries(outcome.ratio).map(([peer, factor]) => ratioText(peer, factor));
  const bars = outcome.bars.map(({ text, held }) => `${held ? "✓" : "✗"} ${text}`);
  const cells = [[`\`${outcome.key}\``], own.map(figureText), others.map(figureText), ratio, bars];
  return cells.map((lines) => lines.join("<br>"));
}

function split(figures: readonly Figures[]): readonly [readonly Figures[], readonly Figures[]] {
  const isOwn = ({ contender }: Figures): boolean => contender.startsWith("jetfold");
  return [figures.filter(isOwn), figures.filter((one) => !isOwn(one))];
}

function figureText({ contender, median, spread, unit, rounds }: Figures): string {
  const apart = rounds.length > 1 ? ` ±${Math.round(spread * 100)} %` : "";
  const name = contender.replace(/^jetfold(, )?/, "");
  return `${name === "" ? "" : `${name}: `}${short(median)} ${unit}${apart}`;
}

function ratioText(peer: string, factor: number): string {
  return peer.startsWith("wire") ? `${short(factor)} of the ${peer}` : `${short(factor)} x ${peer}`;
}

function notesOf(outcome: Outcome): readonly string[] {
  if (!("value" in outcome)) return [];
  const { key, scale, notes }: Measured = outcome;
  return [`- \`${key}\`: ${[scale, ...notes].join("; ")}.`];
}
