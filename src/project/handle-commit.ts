import { type Commit, TruncatedError } from "../event/index.ts";
import type { Projection } from "./projection.ts";

/**
 * Bring one commit into a read model, event by event.
 * @returns how many events were handled
 * @throws {@link TruncatedError} when the aggregate's history was cut and the projection has no
 *   `handleBase`
 * @throws what the handler throws
 */
export async function handleCommit(projection: Projection, commit: Commit): Promise<number> {
  if (commit.missing > 0) return handleCut(projection, commit);
  for (const envelope of commit.envelopes) {
    const handled = projection.handle(envelope);
    if (handled !== undefined) await handled;
  }
  return commit.envelopes.length;
}

/** What is left of a cut history before its base is part of the base's state. */
async function handleCut(projection: Projection, commit: Commit): Promise<number> {
  if (projection.handleBase === undefined) {
    const detail = `projection "${projection.name}" has no handleBase, and its history was cut`;
    throw new TruncatedError(commit, commit.sequence, detail);
  }
  if (commit.base !== undefined) await projection.handleBase(commit);
  return 0;
}
