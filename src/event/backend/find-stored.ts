import { type Call, readOptionsOf } from "./call.ts";
import type { Commit } from "../commit.ts";
import { InvalidInputError } from "../errors.ts";
import { findCommit } from "./find-commit.ts";
import { encodeFrame } from "../wire/frame-format.ts";
import { decodeFrame } from "../wire/frame-format.ts";
import { noHead } from "../head.ts";
import type { Published } from "../publish.ts";
import type { Sequence } from "../sequence.ts";

/** What the leader shows of a call's first aggregate. */
export interface Stored {
  /** The whole call, when it is stored. */
  readonly found: readonly Published[] | undefined;
  /** The first aggregate's last sequence; 0 for none. */
  readonly lastSequence: Sequence;
  /** It may have been stored and truncated since. */
  readonly cut: boolean;
}

/**
 * Look for a call's commits among those stored after `since` (exclusive). A transaction is stored
 * whole or not at all, so its first aggregate tells.
 * @throws {@link InvalidInputError} when other commits are stored under its id
 */
export async function findStored(call: Call, since: Sequence): Promise<Stored> {
  const { target, commits, commitId } = call;
  const { family, id } = commits[0]!;
  const read = readOptionsOf(call);
  const { found, last, cut } = await findCommit(target, family, id, commitId, since, read);
  return {
    found: found === undefined ? undefined : await recognise(call, found),
    lastSequence: last?.sequence ?? 0,
    cut,
  };
}

/**
 * What a backend's "I know this commit id" comes to, when it was not found after the expectation.
 * @param sequence - where the backend says it is stored
 * @param patient - bear with a commit that can't be seen yet
 */
export async function settleDuplicate(
  call: Call,
  sequence: Sequence | undefined,
  stored: Stored,
  patient: boolean,
): Promise<readonly Published[] | undefined> {
  const { target, commits, commitId } = call;
  const [first] = commits;
  const read = readOptionsOf(call);
  if (sequence !== undefined) {
    const start = sequence - (commits.length - 1);
    const commit = await target.at(first!.family.of(first!.id), start, read);
    if (commit?.commitId === commitId) return recognise(call, commit);
  } else {
    const anywhere = await findStored(call, 0);
    if (anywhere.found !== undefined) return anywhere.found;
  }
  if (patient) return undefined;
  if (sequence === undefined || commits.length > 1 || stored.lastSequence < sequence) {
    throw reused(commitId);
  }
  const last = await target.last(first!.family, first!.id, read);
  return [{ head: last?.head ?? noHead, commitId, repeated: true }];
}

/** The commits stored under the id, checked to be this call's. */
async function recognise(call: Call, first: Commit): Promise<Published[]> {
  const parts = await partsOf(call, first);
  const retry = call.options.retryOf !== undefined;
  if (parts === undefined) throw reused(call.commitId);
  if (!retry && !parts.every((commit, i) => isSame(call, commit, i))) throw reused(call.commitId);
  return parts.map(({ head }) => ({ head, commitId: call.commitId, repeated: true }));
}

/** A call's parts stand side by side in their order; undefined when these are of another call. */
async function partsOf(call: Call, first: Commit): Promise<Commit[] | undefined> {
  const { target, commits } = call;
  const read = readOptionsOf(call);
  const { part, parts } = first.frame;
  if (part !== 1 || parts !== commits.length) return undefined;
  const rest = await Promise.all(
    commits
      .slice(1)
      .map(({ family, id }, i) => target.at(family.of(id), first.sequence + i + 1, read)),
  );
  return rest.every((commit) => commit !== undefined) ? [first, ...rest] : undefined;
}

/** Equal bytes, but for its place in the aggregate. */
function isSame({ contents, commits }: Call, stored: Commit, index: number): boolean {
  const { family, id } = commits[index]!;
  const place = { family: family.name, id, head: noHead, part: 1, parts: 1 };
  const { bytes } = encodeFrame(place, contents[index]!);
  const mine = decodeFrame(bytes, stored.at).content();
  return Buffer.compare(mine, stored.frame.content()) === 0;
}

function reused(commitId: string): InvalidInputError {
  return new InvalidInputError("commitId", "must not be another commit's", commitId);
}
