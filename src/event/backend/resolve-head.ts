import type { AppendTarget } from "./append.ts";
import { ConflictError } from "../errors.ts";
import { type Head, noHead } from "../head.ts";
import type { NewCommit } from "../publish.ts";
import type { ReadOptions } from "../replay.ts";

/** The heads that the expectations name; undefined when one of them has to be asked for. */
export function knownHeads(commits: readonly NewCommit[]): readonly Head[] | undefined {
  const heads: Head[] = [];
  for (const { expect } of commits) {
    if (typeof expect === "object") heads.push(expect);
    else if (expect === "new" || expect === 0) heads.push(noHead);
    else return undefined;
  }
  return heads;
}

/**
 * The head that an expectation means.
 * @throws {@link ConflictError} when a bare sequence is not that of a commit of this aggregate
 */
export async function resolveHead(
  target: AppendTarget,
  { family, id, expect }: NewCommit,
  options: ReadOptions,
): Promise<Head> {
  if (typeof expect === "object") return expect;
  if (expect === "new" || expect === 0) return noHead;
  if (expect === "any") return (await target.last(family, id, options))?.head ?? noHead;
  const commit = await target.at(family.of(id), expect, options);
  if (commit !== undefined) return commit.head;
  const last = await target.last(family, id, options);
  // It was not everywhere yet when it was asked for.
  if (last?.sequence === expect) return last.head;
  throw new ConflictError({ family: family.name, id }, expect, last?.sequence ?? 0);
}
