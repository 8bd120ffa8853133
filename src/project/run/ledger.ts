import type { Commit, Sequence } from "../../event/index.ts";
import type { Checkpoint, LastCommit } from "../checkpoints/checkpoint.ts";

/** What a ledger asks, and tells. */
export interface LedgerAround {
  /** See `Checkpoint.cut`. */
  readonly cut: () => readonly string[];
  /** The position has moved over so many handled commits. */
  readonly moved: (sequence: Sequence, commits: number) => void;
}

/** What a projection knows of where it is: its checkpoint, before it is written. */
export class Ledger {
  readonly #storeId: string;
  readonly #selects: readonly string[];
  readonly #around: LedgerAround;
  #sequence: Sequence;
  #last: Commit | LastCommit | undefined;
  #stamp: { readonly sequence: Sequence; readonly stamp: string } | undefined;
  /** Undefined where there are no side effects, or they are another version's. */
  #effects: Sequence | undefined;
  #lastEffect: Commit | LastCommit | undefined;
  /** See `Checkpoint.parked`. */
  parked: number = 0;

  constructor(
    storeId: string,
    selects: readonly string[],
    at: Checkpoint | undefined,
    around: LedgerAround,
  ) {
    this.#storeId = storeId;
    this.#selects = selects;
    this.#around = around;
    this.#sequence = at?.sequence ?? 0;
    this.#last = at?.lastCommit;
    if (at?.stamp !== undefined) this.#stamp = { sequence: at.sequence, stamp: at.stamp };
  }

  get sequence(): Sequence {
    return this.#sequence;
  }

  get effects(): Sequence | undefined {
    return this.#effects;
  }

  /** Everything at or below `sequence` was handled: so many commits more, this one last. */
  advance(sequence: Sequence, last?: Commit, commits: number = 0): void {
    // A commit that was set aside for a while is not the last one.
    if (last !== undefined && last.sequence > (this.#last?.sequence ?? 0)) this.#last = last;
    if (sequence <= this.#sequence && commits === 0) return;
    this.#sequence = Math.max(sequence, this.#sequence);
    this.#around.moved(this.#sequence, commits);
  }

  /** Does nothing yet tell what lies at the position? */
  get lacksStamp(): boolean {
    const sequence = this.#sequence;
    return sequence > 0 && sequence !== this.#last?.sequence && sequence !== this.#stamp?.sequence;
  }

  /** What lies at a sequence, see `Replay.stampAt`. */
  stamped(sequence: Sequence, stamp: string): void {
    this.#stamp = { sequence, stamp };
  }

  /** There is something handled whose side effects are still to be done. */
  get owesEffects(): boolean {
    return this.#effects !== undefined && this.#effects < this.#sequence;
  }

  /** From now on the side effects are done here, beginning after a sequence. */
  beginEffects(sequence: Sequence, last?: LastCommit): void {
    this.#effects = sequence;
    this.#lastEffect = last;
  }

  /** The side effects of everything at or below a sequence are done, those of `last` too. */
  effectsDone(sequence: Sequence, last: Commit | LastCommit | undefined = this.#last): void {
    if (this.#effects !== undefined && sequence <= this.#effects) return;
    this.#effects = sequence;
    this.#lastEffect = last;
  }

  /** As it is, or as it will be when everything at or below `sequence` has been handled. */
  checkpoint(sequence: Sequence = this.#sequence, last?: Commit): Checkpoint {
    const cut = this.#around.cut();
    const lastCommit = last ?? this.#last;
    const at = Math.max(sequence, this.#sequence);
    const stamp = this.#stamp?.sequence === at ? this.#stamp.stamp : undefined;
    return {
      storeId: this.#storeId,
      sequence: at,
      selects: this.#selects,
      ...(cut.length > 0 && { cut }),
      ...(lastCommit && { lastCommit: lastOf(lastCommit) }),
      ...(stamp !== undefined && { stamp }),
      ...(this.#effects !== undefined && { effects: this.#effects }),
      ...(this.#lastEffect && this.#effects! < at && { lastEffect: lastOf(this.#lastEffect) }),
      ...(this.parked > 0 && { parked: this.parked }),
    };
  }
}

function lastOf(commit: Commit | LastCommit): LastCommit {
  const { sequence, commitId, family, id } = commit;
  const revision = "lastRevision" in commit ? commit.lastRevision : commit.revision;
  return { sequence, commitId, family, id, revision };
}
