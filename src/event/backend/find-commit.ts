import type { Commit } from "../commit.ts";
import { TruncatedError } from "../errors.ts";
import type { Family } from "../family.ts";
import type { ReadOptions, Replay } from "../replay.ts";
import type { Sequence } from "../sequence.ts";

/** How many rounds of back-links are followed: what is looked for is nearly always among the newest. */
const maxRounds = 3;

/**
 * Look among one aggregate's commits after `since` (exclusive) for a commit id: the newest along
 * the back-links, then all by pages.
 * @returns the commit if it is there, and the aggregate's last one
 */
export async function findCommit(
  store: Pick<Replay, "last" | "at" | "replay">,
  family: Family,
  id: string,
  commitId: string,
  since: Sequence,
  options: ReadOptions,
): Promise<{ readonly found: Commit | undefined; readonly last: Commit | undefined }> {
  const last = await store.last(family, id, options);
  let batch = last === undefined || last.sequence <= since ? [] : [last];
  for (let round = 0; batch.length > 0; round++) {
    const found = batch.find((commit) => commit.commitId === commitId);
    if (found !== undefined) return { found, last };
    const oldest = batch.at(-1)!;
    if (round === maxRounds) {
      const until = oldest.sequence - 1;
      const bounds = { after: since, until, ...(options.signal && { signal: options.signal }) };
      return { found: await findByPages(store, family, id, commitId, bounds), last };
    }
    const links = oldest.frame.links.filter((link) => link > since);
    const commits = await Promise.all(links.map((link) => store.at(family.of(id), link, options)));
    batch = commits.filter((commit) => commit !== undefined);
  }
  return { found: undefined, last };
}

async function findByPages(
  store: Pick<Replay, "replay">,
  family: Family,
  id: string,
  commitId: string,
  bounds: { readonly after: Sequence; readonly until: Sequence; readonly signal?: AbortSignal },
): Promise<Commit | undefined> {
  if (bounds.until <= bounds.after) return undefined;
  try {
    for await (const commit of store.replay(family.of(id), bounds).commits()) {
      if (commit.commitId === commitId) return commit;
    }
  } catch (error) {
    // What was cut can't be looked through.
    if (!(error instanceof TruncatedError)) throw error;
  }
  return undefined;
}
