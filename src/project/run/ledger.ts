import type { Commit, Sequence } from "../../event/index.ts";
import type { Checkpoint, LastCommit } from "../checkpoints/checkpoint.ts";

/** What a ledger asks, and tells. */
export interface LedgerAround {
  /** See `Checkpoint.cut`. */
  readonly cut: () => readonly string[];
  readonly moved: (sequence: Sequence) => void;
}

/** What a projection knows of where it is: its checkpoint, before it is written. */
export class Ledger {
  readonly #storeId: string;
  readonly #selects: readonly string[];
  readonly #around: LedgerAround;
  #sequence: Sequence;
  #last: LastCommit | undefined;
  /** Undefined where there are no side effects. */
  #effects: Sequence | undefined;

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
    this.#effects = at?.effects;
  }

  get sequence(): Sequence {
    return this.#sequence;
  }

  get effects(): Sequence | undefined {
    return this.#effects;
  }

  /** Everything at or below `sequence` was handled, this commit last. */
  advance(sequence: Sequence, last: Commit | undefined): void {
    // A commit that was set aside for a while is not the last one.
    if (last !== undefined && last.sequence > (this.#last?.sequence ?? 0)) this.#last = last;
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    this.#around.moved(sequence);
  }

  effectsDone(sequence: Sequence): void {
    this.#effects = sequence;
  }

  /** As it is, or as it will be when everything at or below `sequence` has been handled. */
  checkpoint(sequence: Sequence = this.#sequence, last?: Commit): Checkpoint {
    const cut = this.#around.cut();
    const lastCommit = last ?? this.#last;
    return {
      storeId: this.#storeId,
      sequence: Math.max(sequence, this.#sequence),
      selects: this.#selects,
      ...(cut.length > 0 && { cut }),
      ...(lastCommit && { lastCommit: lastOf(lastCommit) }),
      ...(this.#effects !== undefined && { effects: this.#effects }),
    };
  }
}

function lastOf({ sequence, commitId, family, id }: LastCommit): LastCommit {
  return { sequence, commitId, family, id };
}
