import type { Commit } from "./commit.ts";
import type { Metadata } from "./metadata.ts";
import type { Sequence } from "./sequence.ts";
import { isList } from "./is-list.ts";
import { isJetfoldError } from "./errors.ts";

/**
 * Messages of an aggregate that a base declares to be no part of it: all that lie under its subject
 * from one sequence to another, both inclusive. Readers pass over them.
 */
export interface LeftOut {
  readonly from: Sequence;
  readonly to: Sequence;
  /** How many messages these are. */
  readonly messages: number;
  /** What is wrong with the first one. */
  readonly reason: string;
}

/** Under which key a base's metadata says what it leaves out. */
const markKey = "jetfoldLeftOut";

/** Metadata that says so. */
export function leavingOut(metadata: Metadata, leftOut: readonly LeftOut[]): Metadata {
  return { ...metadata, [markKey]: leftOut };
}

/** What a commit leaves out; nothing, unless it is a base that says so. */
export function leftOutBy(commit: Commit): readonly LeftOut[] {
  if (commit.base === undefined || commit.frame.metadata === undefined) return [];
  try {
    const mark = commit.metadata[markKey] as readonly LeftOut[] | undefined;
    return isList(mark) && mark!.every(isLeftOut) ? mark! : [];
  } catch (error) {
    if (isJetfoldError(error, "poison")) return [];
    throw error;
  }
}

function isLeftOut(value: unknown): boolean {
  const { from, to } = (value ?? {}) as Partial<LeftOut>;
  return Number.isSafeInteger(from) && Number.isSafeInteger(to);
}

/** Is what lies at a sequence left out? */
export function isLeftOutAt(leftOut: readonly LeftOut[], sequence: Sequence): boolean {
  return leftOut.some(({ from, to }) => from <= sequence && sequence <= to);
}
