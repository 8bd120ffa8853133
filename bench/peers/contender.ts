import type { Size, Work } from "./work.ts";

/** One way to do the work: a program or a library. */
export interface Contender {
  readonly name: string;
  /** Such as `0.1.0`. */
  readonly version: string;
  /** Do it once, data first. @throws when it fails, and when the signal aborts */
  run(job: Job): Promise<Answer>;
}

/** What a contender is given. */
export interface Job {
  readonly url: string;
  /** Data of its own: it is written when there is none under this name, and else used again. */
  readonly store: string;
  readonly work: Work;
  readonly size: Size;
  /** Aborts when the run is interrupted, or at the job's deadline. */
  readonly signal: AbortSignal;
}

/** What came of a job. */
export type Answer = Measured | Unsupported;

/** It was done. */
export interface Measured {
  readonly work: string;
  readonly operations: number;
  /** All operations together. */
  readonly elapsedMs: number;
  /** The median of the operations. */
  readonly p50Us: number;
  /** How it differs from what was asked for. */
  readonly note?: string;
}

/** It is something that the contender does not do. */
export interface Unsupported {
  readonly work: string;
  readonly unsupported: string;
}

/** Check what a program printed. @throws when it is not an answer to this work */
export function parseAnswer(line: string, work: string): Answer {
  const answer = JSON.parse(line) as Partial<Measured & Unsupported> | null;
  const sound =
    answer?.work === work &&
    (typeof answer.unsupported === "string" ||
      [answer.operations, answer.elapsedMs, answer.p50Us].every((n) => (n ?? 0) > 0));
  if (!sound) throw new Error(`not an answer to ${work}: ${line}`);
  return answer as Answer;
}
