import type { DomainEvent, Family } from "./family.ts";
import type { Head } from "./head.ts";
import type { Metadata } from "./metadata.ts";
import type { Published } from "./publish.ts";
import type { Content } from "./wire/frame.ts";

/** Takes in commits that were made elsewhere. `importCommits` uses it. */
export interface Import {
  /** Publishing in single steps. */
  importer(): Importer;
}

/** A commit of a migration: it comes after all of its aggregate's commits that came before it. */
export interface ImportedCommit<Event extends DomainEvent = DomainEvent> {
  readonly family: Family<Event>;
  readonly id: string;
  /** 1 to n events, in order. */
  readonly events: readonly NoInfer<Event>[];
  readonly metadata?: Metadata;
}

/**
 * Publishing in single steps, for who has very many commits. The backend is not asked to remember
 * their commit ids: an append's expectation keeps it from being stored twice, and the head of the
 * aggregate tells whether it is stored.
 */
export interface Importer {
  /**
   * Check a commit completely and encode it; nothing is sent.
   * @throws {@link InvalidInputError} naming the field
   */
  prepare(commit: ImportedCommit, commitId: string): PreparedCommit;
  /** Append it to an aggregate that, as far as is known, has no commit; one attempt of 2 s at most. */
  appendFirst(commit: PreparedCommit): Promise<FirstAppend>;
  /**
   * Append it to this head; `repeated` when somebody else has certainly stored the same there.
   * @throws {@link ConflictError} when it was another one; as {@link Publish.publish}
   */
  append(commit: PreparedCommit, head: Head, signal: AbortSignal | undefined): Promise<Published>;
}

/** A commit that is ready to be appended, whatever head it comes to stand on. */
export interface PreparedCommit {
  readonly family: Family;
  readonly id: string;
  readonly content: Content;
  /** About how much memory it takes. */
  readonly bytes: number;
}

/** What {@link Importer.appendFirst} came to; it may be stored although it was not told. */
export type FirstAppend = Published | "conflict" | "unknown";
