import type { Family } from "./family.ts";
import type { Sequence } from "./sequence.ts";

/**
 * Deletes history. This is the primitive: it looks neither for a base nor for projections that are
 * behind; `snapshotAndTruncate` does.
 */
export interface Truncate {
  /**
   * Delete one aggregate's commits below `before` (exclusive: the commit at `before` stays). Its
   * last commit always stays, so that the aggregate is never forgotten.
   *
   * @param before - 1 to the sequence of the aggregate's last commit
   * @returns how many commits were deleted
   * @throws {@link InvalidInputError} when `before` is out of bounds; nothing was deleted
   * @throws {@link NotFoundError} when the aggregate has no commit
   */
  truncate(
    family: Family,
    id: string,
    before: Sequence,
    options?: { readonly signal?: AbortSignal },
  ): Promise<number>;
}
