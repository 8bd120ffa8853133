import type { Appended, AppendTarget } from "./append.ts";
import { assertTransaction, Attempt } from "./attempt.ts";
import { type Call, readOptionsOf } from "./call.ts";
import { backOff, deadlineIn, rivalPace } from "./deadline.ts";
import { ConfigError, ConflictError, UnavailableError, UnknownOutcomeError } from "../errors.ts";
import { findStored, settleDuplicate, type Stored } from "./find-stored.ts";
import type { Head } from "../head.ts";
import { checkPublishOptions, prepareContent } from "./prepare.ts";
import {
  defaultBudgetMs,
  type NewCommit,
  type Published,
  type PublishOptions,
} from "../publish.ts";
import { knownHeads, resolveHead } from "./resolve-head.ts";

/**
 * Publish commits on a backend: the rules of expectation, retry and recognition, the same for all.
 *
 * An unknown outcome is met by sending the same messages again. A conflict counts only once the
 * leader shows another head than expected and the commit id is not among the commits after the
 * first attempt's expectation, because a server of several replicas answers "conflict" for commits
 * that it stores (nats-server 2.15, a paused leader: 12 of 29 times).
 */
export function publishCommits(
  target: AppendTarget,
  commits: readonly NewCommit[],
  options: PublishOptions,
): Promise<readonly Published[]> {
  try {
    target.assertOpen();
    const call = prepareCall(target, commits, options);
    const heads = knownHeads(commits);
    return heads === undefined ? publishOnUnknown(call) : publishOn(call, heads);
  } catch (error) {
    return Promise.reject(error);
  }
}

function prepareCall(
  target: AppendTarget,
  commits: readonly NewCommit[],
  options: PublishOptions,
): Call {
  const commitId = checkPublishOptions(options);
  assertTransaction(target, commits);
  const contents = commits.map((commit) => prepareContent(commit, commitId, target.codec));
  const deadline = deadlineIn(options.budgetMs ?? defaultBudgetMs);
  options.signal?.throwIfAborted();
  return { target, commits, contents, commitId, options, remembered: true, deadline };
}

/** The path nearly every append takes: one attempt, and no step that could be left out. */
function publishOn(call: Call, heads: readonly Head[]): Promise<readonly Published[]> {
  const attempt = new Attempt(call, heads);
  return appendOnce(call, attempt).then((outcome) =>
    outcome.kind === "stored"
      ? attempt.published(outcome.sequence)
      : publishUntilSettled(call, { attempt, outcome }),
  );
}

async function publishOnUnknown(call: Call): Promise<readonly Published[]> {
  return (await foundBefore(call)) ?? publishUntilSettled(call);
}

/** On "any" no expectation keeps a commit id given by the caller from being stored twice: look first. */
async function foundBefore(call: Call): Promise<readonly Published[] | undefined> {
  const given = call.options.commitId !== undefined;
  if (!given || !call.commits.some((commit) => commit.expect === "any")) return undefined;
  return (await findStored(call, 0)).found;
}

/** An attempt that was made, and what is known after it. */
export interface Made {
  readonly attempt: Attempt;
  readonly outcome: Appended;
}

/**
 * Attempt a call again and again until what became of it is certain.
 * @param made - the first attempt, if it was made already and did not store
 */
export async function publishUntilSettled(call: Call, made?: Made): Promise<readonly Published[]> {
  const { commits, options, deadline } = call;
  const pace = commits.some(({ expect }) => expect === "any") ? rivalPace : undefined;
  let unsure = false;
  for (let count = 0; ; count++) {
    const first = count === 0 ? made : undefined;
    const attempt =
      first?.attempt ?? (await orUnknown(call, count > 0, () => prepareAttempt(call)));
    const { outcome, resent } = await appendUntilKnown(call, attempt, first?.outcome);
    unsure ||= resent;
    if (outcome.kind === "stored") return attempt.published(outcome.sequence);
    const settled = await orUnknown(call, true, () =>
      settle(call, attempt, outcome, count, unsure),
    );
    if (settled !== undefined) return settled;
    if (deadline.leftMs() <= 0) throw unknownOutcome(call, undefined);
    await backOff(count, deadline, options.signal, pace);
  }
}

function appendOnce({ target, deadline, options }: Call, { messages }: Attempt): Promise<Appended> {
  const timeoutMs = Math.min(attemptMs, Math.max(1, deadline.leftMs()));
  return target.append(messages, timeoutMs, options.signal);
}

async function prepareAttempt(call: Call): Promise<Attempt> {
  const read = readOptionsOf(call);
  const heads = call.commits.map((commit) => resolveHead(call.target, commit, read));
  return new Attempt(call, await Promise.all(heads));
}

/** Send the same messages again until the outcome is known; `resent` when it was not at first. */
async function appendUntilKnown(
  call: Call,
  attempt: Attempt,
  made: Appended | undefined,
): Promise<{ readonly outcome: Appended; readonly resent: boolean }> {
  const { deadline, options } = call;
  for (let count = 0; ; count++) {
    const outcome =
      count === 0 && made !== undefined
        ? made
        : await orUnknown(call, count > 0, () => appendOnce(call, attempt));
    if (outcome.kind !== "unknown") return { outcome, resent: count > 0 };
    options.signal?.throwIfAborted();
    if (outcome.final || deadline.leftMs() <= 0) throw unknownOutcome(call, outcome.cause);
    await backOff(count, deadline, options.signal);
  }
}

/** Once something was sent, a server that can't be asked leaves the outcome unknown. */
async function orUnknown<T>(call: Call, sent: boolean, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const silent = error instanceof UnavailableError || error instanceof ConfigError;
    throw sent && silent ? unknownOutcome(call, error) : error;
  }
}

function unknownOutcome({ commitId, deadline }: Call, cause: unknown): UnknownOutcomeError {
  return new UnknownOutcomeError(commitId, deadline.budgetMs, cause === undefined ? {} : { cause });
}

/** How long one attempt waits for its answer: well above a slow disk's, well below an election's. */
export const attemptMs = 2_000;

/**
 * What a conflict or a duplicate came to: what is stored under the commit id, or undefined when
 * nothing is certain yet and another attempt is due.
 * @throws {@link ConflictError} when somebody else's commit certainly came first
 */
async function settle(
  call: Call,
  attempt: Attempt,
  outcome: Appended,
  count: number,
  unsure: boolean,
): Promise<readonly Published[] | undefined> {
  const stored = await findStored(call, call.options.retryOf ?? attempt.heads[0]!.sequence);
  if (stored.found !== undefined) return stored.found;
  const waits = call.target.replicated && count < staleAttempts;
  const patient = waits && call.deadline.leftMs() > 0;
  if (outcome.kind === "duplicate") {
    return settleDuplicate(call, outcome.sequence, stored, patient);
  }
  const conflict = await conflictOf(call, attempt, stored, patient);
  if (conflict === undefined) return undefined;
  // An attempt that had no answer may have been stored, and cut off since. A retried decision
  // comes again under its id, and the server knows that.
  const retried = call.options.retryOf !== undefined;
  if (unsure && stored.cut && !retried) throw unknownOutcome(call, conflict);
  if (isRace(call, conflict) && call.deadline.leftMs() > 0) return undefined;
  throw conflict;
}

/** How many attempts (1 to 2 s) bear with an answer that contradicts what the leader shows. */
const staleAttempts = 8;

/**
 * The conflict, once it is certain; undefined while the message may still be on its way, because
 * the leader shows the head that was expected, or (while there is patience) an older one.
 */
async function conflictOf(
  call: Call,
  { heads }: Attempt,
  stored: Stored,
  patient: boolean,
): Promise<ConflictError | undefined> {
  for (const [i, { family, id }] of call.commits.entries()) {
    const expected = heads[i]!.sequence;
    const actual = i === 0 ? stored.lastSequence : await lastSequence(call, i);
    const certain = actual > expected || (actual < expected && !patient);
    if (certain) return new ConflictError({ family: family.name, id }, expected, actual);
  }
  return undefined;
}

async function lastSequence(call: Call, index: number): Promise<number> {
  const { family, id } = call.commits[index]!;
  return (await call.target.last(family, id, readOptionsOf(call)))?.sequence ?? 0;
}

/** A conflict of an "any" is a lost race: read again and append again. */
function isRace({ commits }: Call, conflict: ConflictError): boolean {
  return commits.some(
    ({ family, id, expect }) =>
      expect === "any" && family.name === conflict.family && id === conflict.id,
  );
}
