import type { EventStore, Revision, Sequence } from "../../event/index.ts";
import type { ParkedCommit } from "../parking/parked.ts";

/** How far a projection has come, and in which store. */
export interface Checkpoint {
  /** The store it was taken in: a position means nothing in another one. */
  readonly storeId: string;
  /** Every selected commit at or below this sequence has been handled, or is parked. */
  readonly sequence: Sequence;
  /** What was selected up to there: families, types, aggregates (see selected-by.ts). */
  readonly selects: readonly string[];
  /** The aggregates, as `family.id`, whose history was cut and whose base is still to come. */
  readonly cut?: readonly string[];
  /** The last commit that was handled; it tells a stream that was rewound and has grown again. */
  readonly lastCommit?: LastCommit;
  /**
   * What lies at `sequence` itself, where that is a commit that is not selected (see
   * `Replay.stampAt`): it tells the same of the stretch after `lastCommit`.
   */
  readonly stamp?: string;
  /**
   * The side effects of every commit at or below this sequence are done; absent where the
   * projection has none.
   */
  readonly effects?: Sequence;
  /** The last commit whose side effects are done, where later ones wait: it finds them in a copy. */
  readonly lastEffect?: LastCommit;
  /** So many aggregates at least had something set aside; absent: none. Fewer entries: some are lost. */
  readonly parked?: number;
}

/** A commit, and where it lay. */
export interface LastCommit {
  readonly sequence: Sequence;
  readonly commitId: string;
  readonly family: string;
  readonly id: string;
  /** The revision of its last event, or of the last event before it when it has none. */
  readonly revision: Revision;
}

/** Whose checkpoint. */
export interface CheckpointOwner {
  /** The store's name. */
  readonly store: string;
  /** The projection's name and version. */
  readonly name: string;
  readonly version: number;
}

/**
 * Where the checkpoints of projections are kept, and the commits they have parked.
 *
 * `Tx` is what a handler gets to write its read model with: a transaction that also holds the
 * checkpoint, so that each commit takes effect exactly once; undefined where there is none, and
 * then a commit may be handled again after a crash (at least once).
 */
export interface Checkpoints<Tx = undefined> {
  /**
   * They outlive the process: the projection is registered with the store, and truncation waits
   * for it.
   */
  readonly durable: boolean;
  /** A step's work and its checkpoint take effect together, or not at all. */
  readonly transactional: boolean;
  /**
   * Where they are kept: a position belongs to its home. The same projection with checkpoints in two
   * homes is two, for truncation and for those who stand by. 1 to 128 of `A-Z a-z 0-9 _ -`, the same
   * for every process and for ever; undefined, or without this: in the store's own bucket.
   * @param store - the store's name
   * @throws {@link UnavailableError} when what keeps them is away
   */
  home?(store: string): Promise<string | undefined>;
  /**
   * Take up a projection's checkpoint. Durable ones are not changed by it: who stands by does it
   * again and again, to see how far another process is.
   * @throws {@link UnavailableError} when what keeps it is away; it is tried again
   */
  resume(owner: CheckpointOwner, options?: ResumeOptions): Promise<ResumedCheckpoint<Tx>>;
  /** The version of a projection that queries are to read; undefined before its first run. */
  activeVersion(owner: Omit<CheckpointOwner, "version">): Promise<number | undefined>;
  /**
   * Remove a version's checkpoint and what it has parked, after `work`, in one transaction where
   * there are any. Nothing happens to one that does not exist, but `work` is done.
   */
  forget(owner: CheckpointOwner, work?: Work<Tx>): Promise<void>;
}

/** How a checkpoint is taken up. */
export interface ResumeOptions {
  /**
   * Where there are transactions: the database ends one that its runner leaves idle for so long, in
   * milliseconds. Others are not to wait for the locks of a process that hangs.
   * @default as long as the database is told otherwise
   */
  readonly idleMs?: number;
  /** Where there are transactions: told of a handler that uses one when its step is over. */
  readonly onWarning?: EventStore["onWarning"];
}

/** What is done in a transaction; done again from its start when that is rolled back. */
export type Work<Tx> = (tx: Tx) => Promise<void>;

/** One projection's checkpoint, taken up by one runner. No two calls at once. */
export interface ResumedCheckpoint<Tx = undefined> {
  /** As it was when it was taken up; undefined for a projection that has none yet. */
  readonly at: Checkpoint | undefined;
  readonly parked: readonly ParkedCommit[];
  /** The version of the projection that was active then. */
  readonly active: number | undefined;
  /**
   * Do a step's work, and put its checkpoint in place of the one last loaded or written here.
   * @throws {@link SecondRunnerError} when somebody else has changed it: another process runs the
   *   projection, or another version has taken over; nothing of a transaction remains
   * @throws {@link UnavailableError} when what keeps it is away; the same step may be given again:
   *   its work is not done twice, if it stays done, nor is it carried out twice when it was carried
   *   out without this having been told
   * @throws what the work throws
   */
  write(step: Step<Tx>): Promise<void>;
  /**
   * Make this version the active one, if it is at least as far as the one that is. Where it is
   * active already the work is not done again.
   * @throws as {@link write}
   */
  activate(step: Step<Tx>): Promise<Activation>;
}

/** What is to take effect together. */
export interface Step<Tx = undefined> {
  readonly work?: Work<Tx> | undefined;
  /** Asked for when the work is done. */
  checkpoint(): Checkpoint;
  /** Set aside; in place of an entry of the same aggregate, if there is one. */
  readonly park?: readonly ParkedCommit[];
  /** No longer set aside: removed in the same transaction, or once the checkpoint is saved. */
  readonly release?: readonly ParkedCommit[];
  /**
   * When activating in another version's place: called with how far that is, from when on it gets no
   * further; before `checkpoint` is asked for, and again in each attempt.
   * @param before - undefined when nothing says any more which version is active
   * @returns set aside with it
   */
  takeOn?(before: VersionBefore | undefined): Promise<readonly ParkedCommit[]>;
}

/** What a version leaves behind that another one takes over from. */
export interface VersionBefore {
  readonly version: number;
  /** Undefined when it is lost. */
  readonly checkpoint: Checkpoint | undefined;
  readonly parked: readonly ParkedCommit[];
}

/** What came of an attempt to become the active version. */
export type Activation =
  | { readonly kind: "active" }
  /** The active version is further on: at `sequence`. */
  | { readonly kind: "behind"; readonly sequence: Sequence };
