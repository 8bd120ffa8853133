import type { Resources } from "./resources.ts";
import type { Scale } from "./scale.ts";

/** The keys of the JSON, in the order of the table. */
export const keys = [
  "append.sequential",
  "append.inflight256",
  "append.commit10",
  "append.transaction",
  "load.contiguous100",
  "load.wide50",
  "load.growth",
  "load.snapshot",
  "load.cold",
  "execute.warm",
  "replay.family",
  "replay.group",
  "replay.sparse",
  "subscribe.live",
  "project.memory",
  "project.postgres",
  "project.postgres-batch",
  "import.bulk",
  "memory.slow-reader",
] as const;

/** One thing that is measured. */
export type Key = (typeof keys)[number];

/** What a scenario may use. */
export interface Context {
  readonly scale: Scale;
  /** Aborts on Ctrl-C and when the key's time is over. */
  readonly signal: AbortSignal;
  readonly resources: Resources;
  /** Tell what is being done. */
  say(text: string): void;
}

/** How one key is measured. */
export interface Scenario {
  readonly key: Key;
  /** Measure it. What it opens it gives to `context.resources`. */
  measure(context: Context): Promise<Measured | Skipped>;
}

/** It can't be measured on this machine. */
export interface Skipped {
  readonly key: Key;
  readonly skipped: string;
}

/** What came out. */
export interface Measured {
  readonly key: Key;
  readonly value: number;
  readonly unit: string;
  /** The work, in numbers. */
  readonly scale: string;
  /** How many times faster jetfold is than a peer; for `wire` the share reached. */
  readonly ratio: Readonly<Record<string, number>>;
  readonly bars: readonly Bar[];
  /** Every contender's figures, jetfold's first. */
  readonly figures: readonly Figures[];
  /** What else was seen. */
  readonly notes: readonly string[];
}

/** What one contender reached. */
export interface Figures {
  readonly contender: string;
  readonly median: number;
  /** (highest - lowest) / median over the rounds. */
  readonly spread: number;
  readonly unit: string;
  /** In its key's unit, one for each measured round. */
  readonly rounds: readonly number[];
}

/** A bound that the key is to keep. */
export interface Bar {
  /** As in "0.91 of wire (at least 0.85)". */
  readonly text: string;
  readonly held: boolean;
}

/** `figure` is to be at least `bound`. */
export function atLeast(bound: number, figure: number, what: string): Bar {
  return { text: `${short(figure)} ${what} (at least ${bound})`, held: figure >= bound };
}

/** `figure` is to be at most `bound`. */
export function atMost(bound: number, figure: number, what: string): Bar {
  return { text: `${short(figure)} ${what} (at most ${bound})`, held: figure <= bound };
}

/** A number with three digits that count. */
export function short(figure: number): string {
  if (!Number.isFinite(figure)) return String(figure);
  if (Math.abs(figure) >= 1000) return Math.round(figure).toLocaleString("en-US");
  return String(Number(figure.toPrecision(3)));
}
