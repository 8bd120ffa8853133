import type { Sequence } from "../event/index.ts";

/** How far a projection has come, and in which store. */
export interface Checkpoint {
  /** The store it was taken in: a position means nothing in another one. */
  readonly storeId: string;
  /** Every selected commit at or below this sequence has been handled. */
  readonly sequence: Sequence;
  /** What was selected up to there: families, types, aggregates (see selected-by.ts). */
  readonly selects: readonly string[];
  /** The aggregates, as `family.id`, whose history was cut and whose base is still to come. */
  readonly cut?: readonly string[];
  /** The last commit that was handled; it tells a stream that was rewound and has grown again. */
  readonly lastCommit?: { readonly sequence: Sequence; readonly commitId: string };
}

/** Whose checkpoint. */
export interface CheckpointOwner {
  readonly name: string;
  readonly version: number;
}

/** Where the checkpoints of projections are kept. */
export interface Checkpoints {
  /**
   * They outlive the process: the projection is registered with the store, and truncation waits
   * for it.
   */
  readonly durable: boolean;
  /** Take up a projection's checkpoint; `at` is undefined when it has none yet. */
  resume(owner: CheckpointOwner): Promise<ResumedCheckpoint>;
}

/** One projection's checkpoint, taken up by one runner. */
export interface ResumedCheckpoint {
  readonly at: Checkpoint | undefined;
  /**
   * Put a newer one in place of the one last loaded or saved here. Not to be called twice at once.
   * @throws {@link ConflictError} when somebody else has changed it: another process runs the
   *   projection
   */
  save(checkpoint: Checkpoint): Promise<void>;
}
