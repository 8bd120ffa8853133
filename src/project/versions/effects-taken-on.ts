import type { Sequence } from "../../event/index.ts";
import type { Checkpoint, Step } from "../checkpoints/checkpoint.ts";

/**
 * After which sequence (exclusive) a version that takes over does the side effects: where the one
 * before has stopped.
 * @param old - the checkpoint of the version before
 * @returns undefined when it does none, or there was no version before
 */
export function effectsTakenOn(
  { withEffects }: Pick<Step, "withEffects">,
  old: Checkpoint | undefined,
): Sequence | undefined {
  return withEffects ? (old?.effects ?? old?.sequence) : undefined;
}
