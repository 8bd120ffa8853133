import { type Call, readOptionsOf } from "./call.ts";
import type { Commit } from "../commit.ts";
import { CommitIdReusedError } from "../errors.ts";
import { type CommitSearch, findCommit } from "./find-commit.ts";
import { encodeFrame } from "../wire/frame-format.ts";
import { decodeFrame } from "../wire/frame-format.ts";
import { type Head, noHead } from "../head.ts";
import type { Published } from "../publish.ts";
import type { Sequence } from "../sequence.ts";

/** What the leader shows of one of a call's aggregates. */
export interface Stored extends Omit<CommitSearch, "found"> {
  /**
   * The whole call, when it is stored; "unclear" when a commit of this id is there and what belongs
   * to it can't be seen, now or any more.
   */
  readonly found: readonly Published[] | "unclear" | undefined;
}

/**
 * Look for a call's commits by one of them, among those stored after `since` (exclusive) in its
 * aggregate. A transaction is stored whole or not at all, so one of them tells.
 * @param expected - the last sequence its aggregate was to have
 * @throws {@link CommitIdReusedError} when other commits are stored under its id
 */
export async function findStored(
  call: Call,
  index: number,
  since: Sequence,
  expected: Sequence = since,
): Promise<Stored> {
  const { family, id } = call.commits[index]!;
  const sought = { commitId: call.commitId, since, expected };
  const search = await findCommit(call.target, family, id, sought, readOptionsOf(call));
  const { found } = search;
  return { ...search, found: found && (await recognise(call, index, found)) };
}

/**
 * What a backend's "I know this commit id" comes to where the commit was not found: success is only
 * what is found, or was certainly stored there and cut off since.
 * @param sequence - where the backend says it is stored; undefined for a transaction
 * @throws {@link CommitIdReusedError} when the id is another commit's
 */
export async function settleDuplicate(
  call: Call,
  sequence: Sequence | undefined,
): Promise<readonly Published[] | "unclear" | undefined> {
  if (sequence === undefined) return settleKnownTransaction(call);
  const { family, id } = call.commits[0]!;
  const commit = await call.target.at(family.of(id), sequence, readOptionsOf(call));
  if (commit?.commitId === call.commitId) return recognise(call, 0, commit);
  const head = await headAfter(call, 0, sequence);
  return head === undefined ? "unclear" : [{ head, commitId: call.commitId, repeated: true }];
}

/** One of its ids is known: its own, or another call's in one of its aggregates. */
async function settleKnownTransaction(
  call: Call,
): Promise<readonly Published[] | "unclear" | undefined> {
  let complete = true;
  for (let i = 0; i < call.commits.length; i++) {
    const { found, cut } = await findStored(call, i, 0);
    if (found !== undefined) return found;
    complete &&= !cut;
  }
  // Nothing is hidden, so the id was taken by somebody who writes past the rules.
  if (complete && !call.target.replicated) throw reused(call.commitId);
  return complete ? undefined : "unclear";
}

/**
 * The call, found by one of its commits, which stand side by side in their order.
 * @throws {@link CommitIdReusedError} when they are of another call
 */
async function recognise(
  call: Call,
  index: number,
  commit: Commit,
): Promise<readonly Published[] | "unclear"> {
  const { commitId, commits } = call;
  const { part, parts } = commit.frame;
  if (part !== index + 1 || parts !== commits.length) throw reused(commitId);
  const first = commit.sequence - index;
  const heads = await Promise.all(
    commits.map(async (_, i) =>
      i === index ? ownHead(call, i, commit) : headAt(call, i, first + i),
    ),
  );
  const all = heads.filter((head) => head !== undefined);
  if (all.length < commits.length) return "unclear";
  return all.map((head) => ({ head, commitId, repeated: true }));
}

/** The head that a call's commit at a sequence made; undefined when that can't be told. */
async function headAt(call: Call, index: number, sequence: Sequence): Promise<Head | undefined> {
  const { family, id } = call.commits[index]!;
  const commit = await call.target.at(family.of(id), sequence, readOptionsOf(call));
  if (commit?.commitId === call.commitId) return ownHead(call, index, commit);
  return headAfter(call, index, sequence);
}

/** @throws {@link CommitIdReusedError} when it is not what the call wants to store under its id */
function ownHead(call: Call, index: number, commit: Commit): Head {
  const retry = call.options.retryOf !== undefined;
  if (!retry && !isSame(call, commit, index)) throw reused(call.commitId);
  return commit.head;
}

/**
 * The head of an aggregate of which a call's commit lay at a sequence and was cut off since. The
 * proof: nothing is there, and a later commit of the aggregate names it as one of those before it.
 * @returns undefined without that proof
 * @throws {@link CommitIdReusedError} when somebody else's message there bears the call's id, or lies
 *   where a part of the call would have to
 */
async function headAfter(call: Call, index: number, sequence: Sequence): Promise<Head | undefined> {
  const { target, commits, commitId } = call;
  const { family, id } = commits[index]!;
  const read = readOptionsOf(call);
  const occupant = await target.occupant(sequence, { family: family.name, id, commitId }, read);
  if (occupant !== undefined) {
    const elsewhere = commits.length > 1 && !occupant.sameAggregate;
    if (occupant.sameCommitId || elsewhere) throw reused(commitId);
    return undefined;
  }
  const last = await target.last(family, id, read);
  for (let commit = last; commit !== undefined && commit.sequence > sequence;) {
    const { links } = commit.frame;
    if (links.includes(sequence)) return last!.head;
    const oldest = links.at(-1);
    if (oldest === undefined || oldest < sequence) return undefined;
    commit = await target.at(family.of(id), oldest, read);
  }
  return undefined;
}

/** Equal bytes, but for its place in the aggregate. */
function isSame({ contents, commits }: Call, stored: Commit, index: number): boolean {
  const { family, id } = commits[index]!;
  const place = { family: family.name, id, head: noHead, part: 1, parts: 1 };
  const { bytes } = encodeFrame(place, contents[index]!);
  const mine = decodeFrame(bytes, stored.at).content();
  return Buffer.compare(mine, stored.frame.content()) === 0;
}

function reused(commitId: string): CommitIdReusedError {
  return new CommitIdReusedError(commitId);
}
