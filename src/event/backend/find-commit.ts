import type { Commit } from "../commit.ts";
import { TruncatedError } from "../errors.ts";
import type { Family } from "../family.ts";
import type { ReadOptions, Replay } from "../replay.ts";
import type { Sequence } from "../sequence.ts";

/** How many rounds of back-links are followed: what is looked for is nearly always among the newest. */
const maxRounds = 3;

/** What looking for a commit showed. */
export interface CommitSearch {
  readonly found: Commit | undefined;
  /** The aggregate's last commit. */
  readonly last: Commit | undefined;
  /** Some of the commits after `since` are gone (truncated), so not finding it proves nothing. */
  readonly cut: boolean;
}

/**
 * Look among one aggregate's commits after `since` (exclusive) for a commit id: the newest along
 * the back-links, then all by pages.
 */
export async function findCommit(
  store: Pick<Replay, "last" | "at" | "replay">,
  family: Family,
  id: string,
  commitId: string,
  since: Sequence,
  options: ReadOptions,
): Promise<CommitSearch> {
  const last = await store.last(family, id, options);
  let batch = last === undefined || last.sequence <= since ? [] : [last];
  for (let round = 0; batch.length > 0; round++) {
    const found = idIn(batch, commitId);
    if (found !== undefined) return { found, last, cut: false };
    const oldest = batch.at(-1)!;
    if (round === maxRounds) {
      const until = oldest.sequence - 1;
      const bounds = { after: since, until, ...(options.signal && { signal: options.signal }) };
      return { ...(await findByPages(store, family, id, commitId, bounds)), last };
    }
    const links = oldest.frame.links.filter((link) => link > since);
    const commits = await Promise.all(links.map((link) => store.at(family.of(id), link, options)));
    batch = commits.filter((commit) => commit !== undefined);
    if (batch.length < links.length) return { found: idIn(batch, commitId), last, cut: true };
  }
  return { found: undefined, last, cut: false };
}

function idIn(commits: readonly Commit[], commitId: string): Commit | undefined {
  return commits.find((commit) => commit.commitId === commitId);
}

async function findByPages(
  store: Pick<Replay, "replay">,
  family: Family,
  id: string,
  commitId: string,
  bounds: { readonly after: Sequence; readonly until: Sequence; readonly signal?: AbortSignal },
): Promise<{ readonly found: Commit | undefined; readonly cut: boolean }> {
  let cut = false;
  if (bounds.until <= bounds.after) return { found: undefined, cut };
  try {
    for await (const commit of store.replay(family.of(id), bounds).commits()) {
      if (commit.commitId === commitId) return { found: commit, cut };
      cut ||= commit.base !== undefined;
    }
  } catch (error) {
    if (!(error instanceof TruncatedError)) throw error;
    cut = true;
  }
  return { found: undefined, cut };
}
