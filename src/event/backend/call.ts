import type { AppendTarget } from "./append.ts";
import type { Deadline } from "./deadline.ts";
import type { Content } from "../wire/frame.ts";
import type { NewCommit, PublishOptions } from "../publish.ts";
import type { ReadOptions } from "../replay.ts";

/** One call of publish or transact: what stays the same over all its attempts. */
export interface Call {
  readonly target: AppendTarget;
  readonly commits: readonly NewCommit[];
  /** The commits' contents, encoded, in their order. */
  readonly contents: readonly Content[];
  readonly commitId: string;
  readonly options: PublishOptions;
  /** See `NewMessage.remembered`. */
  readonly remembered: boolean;
  readonly deadline: Deadline;
}

/** How a call reads: from the leader, within its own budget. */
export function readOptionsOf({ deadline, options: { signal } }: Call): ReadOptions {
  const timeoutMs = Math.max(1, deadline.leftMs());
  return { fresh: "leader", timeoutMs, ...(signal && { signal }) };
}
