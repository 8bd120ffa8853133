import { type Commit, CorruptError, type EventStore } from "../../event/index.ts";

/**
 * Commits with their events as they are stored, for another attempt: what an earlier one was given,
 * it may have changed. Decoded again from the bytes received, or, where these were changed (bytes in
 * an event are views into them), read again.
 * @throws {@link CorruptError} when what was changed can't be read again: it was truncated since
 * @throws {@link UnavailableError} when the store does not answer
 */
export async function asStored(
  store: Pick<EventStore, "at">,
  commits: readonly Commit[],
): Promise<readonly Commit[]> {
  if (!commits.some((commit) => commit.isTouched)) return commits;
  return Promise.all(commits.map((commit) => oneAsStored(store, commit)));
}

async function oneAsStored(store: Pick<EventStore, "at">, commit: Commit): Promise<Commit> {
  if (!commit.isTouched) return commit;
  const { frame, definition, id, sequence, at } = commit;
  if (frame.isUnchanged()) return commit.again();
  const stored = await store.at(definition.of(id), sequence);
  if (stored?.frame.checksum === frame.checksum) return commit.again(stored.frame);
  throw new CorruptError(at, "its handler changed its bytes, and it is not in the store any more");
}
