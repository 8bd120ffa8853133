import type { Commit } from "../commit.ts";
import { type CorruptError, isJetfoldError, type PoisonError } from "../errors.ts";
import { isLeftOutAt, type LeftOut, leftOutBy } from "../left-out.ts";
import type { Family } from "../family.ts";
import type { ReadOptions, Replay } from "../replay.ts";
import type { Selection } from "../selection.ts";
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
  const leftOut: LeftOut[] = [];
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
    for (const commit of batch) leftOut.push(...leftOutBy(commit));
    const wanted = oldest.frame.links.filter((link) => link > since);
    const read = await Promise.all(
      wanted.map((link) => linked(store, family.of(id), link, options)),
    );
    for (const { commit } of read) if (commit !== undefined) leftOut.push(...leftOutBy(commit));
    const own = read.filter(({ link }) => !isLeftOutAt(leftOut, link));
    const links = own.map(({ link }) => link);
    batch = own.flatMap(commitsOf);
    if (batch.length < links.length) {
      return { found: idIn(batch, sought), last, cut: true, passed };
    }
  }
  return { found: undefined, last, cut: false, passed };
}

/** What lies where a link leads. */
interface Linked {
  readonly link: Sequence;
  readonly commit?: Commit | undefined;
  /** It is no commit. */
  readonly error?: PoisonError | CorruptError;
}

async function linked(
  store: Pick<Replay, "at">,
  aggregate: Selection,
  link: Sequence,
  options: ReadOptions,
): Promise<Linked> {
  try {
    return { link, commit: await store.at(aggregate, link, options) };
  } catch (error) {
    if (isJetfoldError(error, "poison") || isJetfoldError(error, "corrupt")) return { link, error };
    throw error;
  }
}

function commitsOf({ commit, error }: Linked): Commit[] {
  if (error !== undefined) throw error;
  return commit === undefined ? [] : [commit];
}

function idIn(commits: readonly Commit[], { commitId }: Sought): Commit | undefined {
  return commits.find((commit) => commit.commitId === commitId);
}

/** A commit without a predecessor is an aggregate's first one. */
function passes(commit: Commit, { expected }: Sought): boolean {
  if (expected >= commit.sequence) return false;
  const leftOut = leftOutBy(commit);
  const before = commit.frame.links.find((link) => !isLeftOutAt(leftOut, link));
  return (before ?? 0) <= expected;
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
