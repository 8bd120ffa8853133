import type { Checkpoint, LastCommit } from "./checkpoint.ts";
import { unreadable } from "./unreadable.ts";

/**
 * A checkpoint out of what was stored, whatever wrote it.
 * @param key - where it was stored, for the error
 * @throws {@link PoisonError} when it is none: to begin without one would handle everything again
 */
export function checkpointFrom(stored: unknown, key: string): Checkpoint {
  const { storeId, sequence, selects, cut, lastCommit, stamp, effects, lastEffect, parked } =
    (stored ?? {}) as Partial<Checkpoint>;
  const sound =
    typeof storeId === "string" &&
    Number.isSafeInteger(sequence) &&
    isTexts(selects) &&
    (cut === undefined || isTexts(cut)) &&
    (lastCommit === undefined || isLastCommit(lastCommit)) &&
    (stamp === undefined || typeof stamp === "string") &&
    (effects === undefined || Number.isSafeInteger(effects)) &&
    (lastEffect === undefined || isLastCommit(lastEffect)) &&
    (parked === undefined || Number.isSafeInteger(parked));
  if (!sound) throw unreadable(key, "checkpoint");
  return {
    storeId,
    sequence: sequence!,
    selects,
    ...(cut && { cut }),
    ...(lastCommit && { lastCommit }),
    ...(stamp !== undefined && { stamp }),
    ...(effects !== undefined && { effects }),
    ...(lastEffect && { lastEffect }),
    ...(parked !== undefined && { parked }),
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function isLastCommit(value: unknown): value is LastCommit {
  if (typeof value !== "object" || value === null) return false;
  const { sequence, commitId, family, id, revision } = value as Partial<LastCommit>;
  return (
    [sequence, revision].every(Number.isSafeInteger) &&
    [commitId, family, id].every((text) => typeof text === "string")
  );
}
