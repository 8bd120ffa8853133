import type { Commit } from "../commit.ts";
import type { Family } from "../family.ts";
import type { ReadOptions, Replay } from "../replay.ts";
import type { Sequence } from "../sequence.ts";

/**
 * Look among one aggregate's commits after `since` (exclusive) for a commit id, newest first, along
 * the back-links.
 * @returns the commit if it is there, and the aggregate's last one
 */
export async function findCommit(
  store: Pick<Replay, "last" | "at">,
  family: Family,
  id: string,
  commitId: string,
  since: Sequence,
  options: ReadOptions,
): Promise<{ readonly found: Commit | undefined; readonly last: Commit | undefined }> {
  const last = await store.last(family, id, options);
  let batch = last === undefined || last.sequence <= since ? [] : [last];
  while (batch.length > 0) {
    const found = batch.find((commit) => commit.commitId === commitId);
    if (found !== undefined) return { found, last };
    const links = batch.at(-1)!.frame.links.filter((link) => link > since);
    const commits = await Promise.all(links.map((link) => store.at(family.of(id), link, options)));
    batch = commits.filter((commit) => commit !== undefined);
  }
  return { found: undefined, last };
}
