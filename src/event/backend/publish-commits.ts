import type { Appended, AppendTarget } from "./append.ts";
import { assertTransaction, Attempt } from "./attempt.ts";
import { type Call, readOptionsOf } from "./call.ts";
import { backOff, deadlineIn, rivalPace } from "./deadline.ts";
import { type ErrorCode, isJetfoldError, UnavailableError } from "../errors.ts";
import { findStored } from "./find-stored.ts";
import type { Head } from "../head.ts";
import { settle, type Tried, unknownOutcome } from "./settle.ts";
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
 * @param result - what the caller wants of what was published
 */
export function publishCommits<Result>(
  target: AppendTarget,
  commits: readonly NewCommit[],
  options: PublishOptions,
  result: (published: readonly Published[]) => Result,
): Promise<Result> {
  try {
    target.assertOpen();
    const call = prepareCall(target, commits, options);
    const trusted = target.trust?.(call.deadline, options.signal);
    return trusted === undefined
      ? publishCall(call, result)
      : trusted.then(() => publishCall(call, result));
  } catch (error) {
    return Promise.reject(error);
  }
}

function publishCall<Result>(
  call: Call,
  result: (published: readonly Published[]) => Result,
): Promise<Result> {
  const heads = knownHeads(call.commits);
  if (heads === undefined) return publishOnUnknown(call).then(result);
  return publishOn(call, heads, result);
}

function prepareCall(
  target: AppendTarget,
  commits: readonly NewCommit[],
  options: PublishOptions,
): Call {
  const commitId = checkPublishOptions(options);
  assertTransaction(commits);
  const contents = commits.map((commit) => prepareContent(commit, commitId, target.codec));
  const deadline = deadlineIn(options.budgetMs ?? defaultBudgetMs);
  options.signal?.throwIfAborted();
  return { target, commits, contents, commitId, options, remembered: true, deadline };
}

/** The path nearly every append takes: one attempt, and no step that could be left out. */
function publishOn<Result>(
  call: Call,
  heads: readonly Head[],
  result: (published: readonly Published[]) => Result,
): Promise<Result> {
  const attempt = new Attempt(call, heads);
  return appendOnce(call, attempt).then((outcome) =>
    outcome.kind === "stored"
      ? result(attempt.published(outcome.sequence))
      : publishUntilSettled(call, { attempt, outcome }).then(result),
  );
}

async function publishOnUnknown(call: Call): Promise<readonly Published[]> {
  return (await foundBefore(call)) ?? publishUntilSettled(call);
}

/** On "any" no expectation keeps a commit id given by the caller from being stored twice: look first. */
async function foundBefore(call: Call): Promise<readonly Published[] | undefined> {
  const given = call.options.commitId !== undefined;
  if (!given || !call.commits.some((commit) => commit.expect === "any")) return undefined;
  for (let count = 0; ; count++) {
    const { found } = await findStored(call, 0, 0);
    if (found !== "unclear") return found;
    const over = call.deadline.leftMs() <= 0;
    if (over || !call.target.replicated) throw unknownOutcome(call, undefined);
    await backOff(count, call.deadline, call.options.signal);
  }
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
  const tried: Tried = { since: commits.map(() => Infinity), unanswered: false };
  let before: Attempt | undefined;
  for (let count = 0; ; count++) {
    const first = count === 0 ? made : undefined;
    const prepare = () => prepareAttempt(call, before);
    const attempt: Attempt = first?.attempt ?? (await orUnknown(call, count > 0, prepare));
    before = attempt;
    tried.since = attempt.heads.map(({ sequence }, i) => Math.min(sequence, tried.since[i]!));
    const { outcome, resent } = await appendUntilKnown(call, attempt, count > 0, first?.outcome);
    tried.unanswered ||= resent;
    if (outcome.kind === "stored") return attempt.published(outcome.sequence);
    const settling = () => settle(call, attempt, outcome, tried);
    const settled = await orUnknown(call, true, settling, isProved);
    if (settled !== undefined) return settled;
    if (deadline.leftMs() <= 0) throw unknownOutcome(call, undefined);
    await backOff(count, deadline, options.signal, pace);
  }
}

function appendOnce({ target, deadline, options }: Call, { messages }: Attempt): Promise<Appended> {
  return target.append(messages, deadline, options.signal);
}

/** An expectation means the same head in every attempt, but for "any". */
async function prepareAttempt(call: Call, before: Attempt | undefined): Promise<Attempt> {
  const read = readOptionsOf(call);
  const heads = call.commits.map(async (commit, i) => {
    const known = commit.expect === "any" ? undefined : before?.heads[i];
    return known ?? resolveHead(call.target, commit, read);
  });
  return new Attempt(call, await Promise.all(heads));
}

/** Send the same messages again until the outcome is known; `resent` when it was not at first. */
async function appendUntilKnown(
  call: Call,
  attempt: Attempt,
  sent: boolean,
  made: Appended | undefined,
): Promise<{ readonly outcome: Exclude<Appended, { kind: "unknown" }>; readonly resent: boolean }> {
  const { deadline, options } = call;
  let taken = sent;
  for (let count = 0; ; count++) {
    const outcome =
      count === 0 && made !== undefined
        ? made
        : await orUnknown(call, taken, () => appendOnce(call, attempt));
    if (outcome.kind !== "unknown") return { outcome, resent: count > 0 };
    taken ||= outcome.unserved !== true;
    options.signal?.throwIfAborted();
    const over = deadline.leftMs() <= 0;
    if (over && !taken) throw notTaken(call, outcome.cause);
    if (outcome.final || over) throw unknownOutcome(call, outcome.cause);
    await backOff(count, deadline, options.signal);
  }
}

/** Nobody was given it: that is certain. */
function notTaken({ deadline }: Call, cause: unknown): UnavailableError {
  const text = `nothing was stored: nobody took it within ${deadline.budgetMs} ms`;
  return new UnavailableError(text, { cause });
}

/**
 * Once something was sent, only what is certain about it is thrown: that the server can't be asked,
 * or refuses another attempt, leaves the outcome unknown.
 */
async function orUnknown<T>(
  call: Call,
  sent: boolean,
  step: () => Promise<T>,
  isCertain: (error: unknown) => boolean = () => false,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const certain = isJetfoldError(error, "unknown-outcome") || isCertain(error);
    call.options.signal?.throwIfAborted();
    throw sent && !certain ? unknownOutcome(call, error) : error;
  }
}

const proving: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "conflict",
  "commit-id-reused",
  "corrupt",
  "poison",
  "stream-changed",
]);

/** What settling proves, or what is wrong with what is stored. */
function isProved(error: unknown): boolean {
  return isJetfoldError(error) && proving.has(error.code);
}
