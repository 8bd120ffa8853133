import type { Commit } from "../commit.ts";
import { isJetfoldError } from "../errors.ts";
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
  /**
   * The aggregate has gone on from `expected` without it: another commit says that the one before
   * it is at `expected` or below. So nothing can be stored on that expectation any more.
   */
  readonly passed: boolean;
}

/** Which commit is looked for. */
export interface Sought {
  readonly commitId: string;
  /** Exclusive. */
  readonly since: Sequence;
  /** The last sequence its aggregate was to have; not below `since`. */
  readonly expected: Sequence;
}

/**
 * Look among one aggregate's commits after `since` for a commit id: the newest along the back-links,
 * then all by pages.
 */
export async function findCommit(
  store: Pick<Replay, "last" | "at" | "replay">,
  family: Family,
  id: string,
  sought: Sought,
  options: ReadOptions,
): Promise<CommitSearch> {
  const { since } = sought;
  const last = await store.last(family, id, options);
  let batch = last === undefined || last.sequence <= since ? [] : [last];
  let passed = false;
  for (let round = 0; batch.length > 0; round++) {
    const found = idIn(batch, sought);
    if (found !== undefined) return { found, last, cut: false, passed: false };
    passed ||= batch.some((commit) => passes(commit, sought));
    const oldest = batch.at(-1)!;
    if (round === maxRounds) {
      const until = oldest.sequence - 1;
      const rest = await findByPages(store, family, id, sought, until, options.signal);
      return { ...rest, last, passed: rest.passed || passed };
    }
    const links = oldest.frame.links.filter((link) => link > since);
    const commits = await Promise.all(links.map((link) => store.at(family.of(id), link, options)));
    batch = commits.filter((commit) => commit !== undefined);
    if (batch.length < links.length) {
      return { found: idIn(batch, sought), last, cut: true, passed };
    }
  }
  return { found: undefined, last, cut: false, passed };
}

function idIn(commits: readonly Commit[], { commitId }: Sought): Commit | undefined {
  return commits.find((commit) => commit.commitId === commitId);
}

/** A commit without a predecessor is an aggregate's first one. */
function passes({ sequence, frame }: Commit, { expected }: Sought): boolean {
  return expected < sequence && (frame.links[0] ?? 0) <= expected;
}

async function findByPages(
  store: Pick<Replay, "replay">,
  family: Family,
  id: string,
  sought: Sought,
  until: Sequence,
  signal: AbortSignal | undefined,
): Promise<Omit<CommitSearch, "last">> {
  let cut = false;
  let passed = false;
  if (until <= sought.since) return { found: undefined, cut, passed };
  const bounds = { after: sought.since, until, ...(signal && { signal }) };
  try {
    for await (const commit of store.replay(family.of(id), bounds).commits()) {
      if (commit.commitId === sought.commitId) return { found: commit, cut, passed };
      cut ||= commit.base !== undefined;
      passed ||= passes(commit, sought);
    }
  } catch (error) {
    if (!isJetfoldError(error, "truncated")) throw error;
    cut = true;
  }
  return { found: undefined, cut, passed };
}
