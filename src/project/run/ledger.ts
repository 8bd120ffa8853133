import type { Commit, Sequence } from "../../event/index.ts";
import type { Checkpoint, LastCommit } from "../checkpoints/checkpoint.ts";

/** What a projection knows of where it is: its checkpoint, before it is written. */
export class Ledger {
  readonly #storeId: string;
  readonly #selects: readonly string[];
  readonly #cutOf: () => readonly string[];
  #sequence: Sequence;
  #lastCommit: LastCommit | undefined;
  /** Undefined where there are no side effects. */
  #effects: Sequence | undefined;

  constructor(
    storeId: string,
    selects: readonly string[],
    at: Checkpoint | undefined,
    cutOf: () => readonly string[],
  ) {
    this.#storeId = storeId;
    this.#selects = selects;
    this.#cutOf = cutOf;
    this.#sequence = at?.sequence ?? 0;
    this.#lastCommit = at?.lastCommit;
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
    this.#sequence = Math.max(sequence, this.#sequence);
    if (last !== undefined) this.#lastCommit = lastOf(last);
  }

  effectsDone(sequence: Sequence): void {
    this.#effects = sequence;
  }

  /** As it is, or as it will be when everything at or below `sequence` has been handled. */
  checkpoint(sequence: Sequence = this.#sequence, last?: Commit): Checkpoint {
    const cut = this.#cutOf();
    const lastCommit = last === undefined ? this.#lastCommit : lastOf(last);
    return {
      storeId: this.#storeId,
      sequence: Math.max(sequence, this.#sequence),
      selects: this.#selects,
      ...(cut.length > 0 && { cut }),
      ...(lastCommit && { lastCommit }),
      ...(this.#effects !== undefined && { effects: this.#effects }),
    };
  }
}

function lastOf({ sequence, commitId, family, id }: Commit): LastCommit {
  return { sequence, commitId, family, id };
}
