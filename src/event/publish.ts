import type { DomainEvent, Family } from "./family.ts";
import type { Expectation, Head } from "./head.ts";
import type { Metadata } from "./metadata.ts";
import type { Sequence } from "./sequence.ts";

/** Appends commits. Every append is conditional; there is no blind write. */
export interface Publish {
  /**
   * Append one commit to one aggregate, all of its events or none.
   *
   * Called again with the same `commitId` and the same content, it answers with the commit that is
   * already stored (`repeated`). A commit without events is stored too: it proves that the
   * aggregate was as expected, and moves its head.
   *
   * @throws {@link ConflictError} when somebody else's commit came first; nothing was stored
   * @throws {@link InvalidInputError} when a name, an event, the size or the expectation breaks a
   *   rule, before anything is sent; or when another commit is stored under this `commitId`
   * @throws {@link UnknownOutcomeError} when the budget ended without an answer
   * @throws {@link UnavailableError} when it ended before anything could be sent; nothing was stored
   * @throws the signal's reason when aborted, in which case the commit may or may not be stored
   */
  publish<Event extends DomainEvent>(
    commit: NewCommit<Event>,
    options?: PublishOptions,
  ): Promise<Published>;

  /**
   * Append commits of several aggregates in one transaction: all are stored side by side in the
   * order given, or none. Each has an expectation of its own; no aggregate may occur twice.
   *
   * @returns what was published, in the order given
   * @throws as {@link Publish.publish}; a ConflictError names the first aggregate that was not as expected
   */
  transact<Events extends readonly DomainEvent[]>(
    commits: { readonly [Index in keyof Events]: NewCommit<Events[Index]> },
    options?: PublishOptions,
  ): Promise<readonly Published[]>;
}

/** A commit to be stored. */
export interface NewCommit<Event extends DomainEvent = DomainEvent> {
  readonly family: Family<Event>;
  readonly id: string;
  readonly expect: Expectation;
  /** 0 to n events, in order. */
  readonly events: readonly NoInfer<Event>[];
  readonly metadata?: Metadata;
  /**
   * Make it a base: the aggregate's state in place of all its events so far. It has no events.
   * `snapshotAndTruncate` writes these; anything else had better not.
   */
  readonly base?: NewBase;
}

/** See {@link NewCommit.base}. */
export interface NewBase {
  readonly reducerVersion: number;
  readonly state: unknown;
}

/** How a commit is published. */
export interface PublishOptions {
  /**
   * Names this logical commit over all attempts to store it, for ever: keep it while you retry,
   * never use it for another. 1 to 128 of `A-Z a-z 0-9 _ -`.
   * @default a new UUID
   */
  readonly commitId?: string;
  /** How long, in milliseconds, unknown outcomes are tried again. @default 15000 (an election takes 4 to 10 s) */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
  /**
   * This may be another attempt at a decision, of which nothing is stored up to this sequence (0 for
   * nothing known): commits after it are looked through for `commitId`, and one that is found is the
   * result even if its content differs. `execute` sets it.
   */
  readonly retryOf?: Sequence;
}

/** How long unknown outcomes and conflicts are tried again unless told otherwise, in milliseconds. */
export const defaultBudgetMs = 15_000;

/** What became of a commit. */
export interface Published {
  /** The aggregate's head just after this commit: expect it in the next one. */
  readonly head: Head;
  readonly commitId: string;
  /** True when it was stored before this call, by an earlier attempt under the same commit id. */
  readonly repeated: boolean;
}
