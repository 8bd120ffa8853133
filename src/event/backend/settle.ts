import type { Appended } from "./append.ts";
import type { Attempt } from "./attempt.ts";
import { type Call, readOptionsOf } from "./call.ts";
import { ConflictError, isJetfoldError, UnknownOutcomeError } from "../errors.ts";
import { findStored, settleDuplicate, type Stored } from "./find-stored.ts";
import type { Published } from "../publish.ts";
import type { Sequence } from "../sequence.ts";

/** What was tried so far of a call. */
export interface Tried {
  /** For each commit the lowest sequence that an attempt expected: what was stored comes after it. */
  since: readonly Sequence[];
  /** An attempt had no answer, and may have been stored. */
  unanswered: boolean;
}

/**
 * What a conflict or a duplicate came to: what is stored under the commit id, or undefined when
 * nothing is certain yet and another attempt is due. The leader of several replicas may be deposed
 * and show what was, so there only what a chain of commits proves is certain.
 * @throws {@link ConflictError} when somebody else's commit certainly came first
 * @throws {@link CommitIdReusedError} when the id is certainly another commit's
 * @throws {@link UnknownOutcomeError} when no other attempt can tell
 */
export async function settle(
  call: Call,
  attempt: Attempt,
  outcome: Extract<Appended, { readonly kind: "conflict" | "duplicate" }>,
  tried: Tried,
): Promise<readonly Published[] | undefined> {
  try {
    const settled =
      outcome.kind === "duplicate"
        ? await settleKnown(call, outcome.sequence, tried)
        : await settleConflict(call, attempt, tried);
    if (settled !== "unclear") return settled;
  } catch (error) {
    if (!isJetfoldError(error, "commit-id-reused")) throw error;
    if (!call.remembered) throw await rival(call, attempt);
    // Nobody else can have an id that was made for this call.
    throw call.options.commitId === undefined ? unknownOutcome(call, error) : error;
  }
  if (call.target.replicated) return undefined;
  throw unknownOutcome(call, new Error("it is not among what is left of the aggregate"));
}

/** An import's ids are those of places: another commit under one is another writer's. */
async function rival(call: Call, { heads }: Attempt): Promise<ConflictError> {
  const { family, id } = call.commits[0]!;
  const last = await call.target.last(family, id, readOptionsOf(call));
  const at = { family: family.name, id };
  return new ConflictError(at, heads[0]!.sequence, last?.sequence ?? 0);
}

export function unknownOutcome({ commitId, deadline }: Call, cause: unknown): UnknownOutcomeError {
  return new UnknownOutcomeError(commitId, deadline.budgetMs, cause === undefined ? {} : { cause });
}

/** Where it is said to be, or elsewhere: a deposed leader remembers what was never stored there. */
async function settleKnown(
  call: Call,
  sequence: Sequence | undefined,
  tried: Tried,
): Promise<readonly Published[] | "unclear" | undefined> {
  const there = await settleDuplicate(call, sequence);
  if (there !== "unclear" || sequence === undefined) return there;
  return (await findStored(call, 0, sinceOf(call, 0, tried))).found ?? "unclear";
}

function sinceOf({ options: { retryOf } }: Call, index: number, { since }: Tried): Sequence {
  return index === 0 && retryOf !== undefined ? retryOf : since[index]!;
}

/** Look at each aggregate until one tells. */
async function settleConflict(
  call: Call,
  { heads }: Attempt,
  tried: Tried,
): Promise<readonly Published[] | "unclear" | undefined> {
  for (const [i, { family, id }] of call.commits.entries()) {
    const expected = heads[i]!.sequence;
    const since = Math.min(sinceOf(call, i, tried), expected);
    const stored = await findStored(call, i, since, expected);
    if (stored.found !== undefined) return stored.found;
    const actual = stored.last?.sequence ?? 0;
    const passed = await isPassed(call, i, expected, stored);
    if (passed === false) continue;
    const conflict = new ConflictError({ family: family.name, id }, expected, actual);
    // An attempt that had no answer may have been stored, and cut off since. A retried decision
    // comes again under its id, and the server knows that.
    const hidden = stored.cut || passed === "deleted";
    if (tried.unanswered && hidden && call.options.retryOf === undefined) {
      throw unknownOutcome(call, conflict);
    }
    if (isRace(call, conflict) && call.deadline.leftMs() > 0) return undefined;
    throw conflict;
  }
  return undefined;
}

/** Can nothing be stored on this expectation, now and later? What it names may be deleted. */
async function isPassed(
  call: Call,
  index: number,
  expected: Sequence,
  { last, cut, passed }: Stored,
): Promise<boolean | "deleted"> {
  const actual = last?.sequence ?? 0;
  if (actual === expected) return false;
  if (!call.target.replicated || passed) return true;
  if (actual > expected) return cut;
  // Behind what was expected: it is another aggregate's, or not seen yet.
  const { family, id } = call.commits[index]!;
  const { commitId } = call;
  const aggregate = { family: family.name, id, commitId };
  const occupant = await call.target.occupant(expected, aggregate, readOptionsOf(call));
  if (occupant !== undefined) return !occupant.sameAggregate;
  return (await call.target.isDeleted(expected, readOptionsOf(call))) && "deleted";
}

/** A conflict of an "any" is a lost race: read again and append again. */
function isRace({ commits }: Call, conflict: ConflictError): boolean {
  return commits.some(
    ({ family, id, expect }) =>
      expect === "any" && family.name === conflict.family && id === conflict.id,
  );
}
