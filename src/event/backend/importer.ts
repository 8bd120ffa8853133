import type { AppendTarget } from "./append.ts";
import { Attempt } from "./attempt.ts";
import type { Call } from "./call.ts";
import { deadlineIn } from "./deadline.ts";
import { prepareContent } from "./prepare.ts";
import { publishUntilSettled } from "./publish-commits.ts";
import { type Head, noHead } from "../head.ts";
import type { ImportedCommit, Importer, PreparedCommit } from "../import.ts";
import { defaultBudgetMs } from "../publish.ts";

/** What `Import` needs, on a backend. */
export function importerOf(target: AppendTarget): Importer {
  return {
    prepare: (commit, commitId) => (target.assertOpen(), prepareImported(commit, commitId, target)),
    async appendFirst(commit) {
      target.assertOpen();
      const { attempt } = attemptOf(target, commit, noHead, undefined);
      // Without the signal, whose listener would cost a tenth of it.
      const outcome = await target.append(attempt.messages, deadlineIn(importBudgetMs), undefined);
      if (outcome.kind === "stored") return attempt.published(outcome.sequence)[0]!;
      return outcome.kind === "unknown" ? "unknown" : "conflict";
    },
    async append(commit, head, signal) {
      target.assertOpen();
      const { attempt, call } = attemptOf(target, commit, head, signal);
      const outcome = await target.append(attempt.messages, deadlineIn(importBudgetMs), undefined);
      if (outcome.kind === "stored") return attempt.published(outcome.sequence)[0]!;
      const settling = { ...call, deadline: deadlineIn(defaultBudgetMs) };
      const published = (await publishUntilSettled(settling, { attempt, outcome }))[0]!;
      // What had no answer may have been stored by this call.
      return { ...published, repeated: published.repeated && outcome.kind === "conflict" };
    },
  };
}

/** An import fills whatever link there is: its commits wait for one another, in milliseconds. */
const importBudgetMs = 600_000;

function prepareImported(
  commit: ImportedCommit,
  commitId: string,
  { codec }: AppendTarget,
): PreparedCommit {
  const { family, id, events, metadata } = commit;
  const checked = {
    family,
    id,
    events,
    expect: "new",
    ...(metadata !== undefined && { metadata }),
  } as const;
  const content = prepareContent(checked, commitId, codec);
  let bytes = overheadBytes + (content.metadata?.length ?? 0);
  for (const { body } of content.events) bytes += eventOverheadBytes + body.length;
  return { family, id, content, bytes };
}

/** What the objects around a prepared commit and each of its events take, in bytes, roughly. */
const overheadBytes = 400;
const eventOverheadBytes = 150;

function attemptOf(
  target: AppendTarget,
  { family, id, content }: PreparedCommit,
  head: Head,
  signal: AbortSignal | undefined,
): { readonly call: Call; readonly attempt: Attempt } {
  const call: Call = {
    target,
    // Its events are in the content already.
    commits: [{ family, id, expect: head, events: [] }],
    contents: [content],
    commitId: content.commitId,
    options: signal ? { signal } : {},
    remembered: false,
    deadline: deadlineIn(defaultBudgetMs),
  };
  return { call, attempt: new Attempt(call, [head]) };
}
