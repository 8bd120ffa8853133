import { type Commit, TruncatedError } from "../event/index.ts";
import type { Projection } from "./projection.ts";

/** Brings commits into a projection's read model, one read's commits in their order. */
export class CommitHandler {
  readonly #projection: Projection;
  /** Aggregates whose start was cut, and whose base has not come yet. */
  readonly #cut = new Map<string, Commit>();
  #whole = false;

  constructor(projection: Projection) {
    this.#projection = projection;
  }

  /**
   * Handle one commit, event by event.
   * @returns how many events were handled
   * @throws {@link TruncatedError} when the aggregate's history was cut and the projection can't
   *   do without
   * @throws what the handler throws
   */
  async handle(commit: Commit): Promise<number> {
    if (commit.missing > 0) return this.#handleCut(commit);
    for (const envelope of commit.envelopes) {
      const handled = this.#projection.handle(envelope);
      if (handled !== undefined) await handled;
    }
    return commit.envelopes.length;
  }

  /**
   * All history is through: every cut must have had its base.
   * @throws {@link TruncatedError} for the first one that had none
   */
  assertWhole(): void {
    this.#whole = true;
    for (const commit of this.#cut.values()) throw this.#truncated(commit, "has no base");
  }

  /** What is left of a cut history before its base is part of the base's state. */
  async #handleCut(commit: Commit): Promise<number> {
    const { handleBase, name } = this.#projection;
    if (handleBase === undefined) {
      throw this.#truncated(commit, `can't do without it: projection "${name}" has no handleBase`);
    }
    const key = `${commit.family}.${commit.id}`;
    if (commit.base === undefined) {
      this.#cut.set(key, this.#cut.get(key) ?? commit);
      if (this.#whole) this.assertWhole();
      return 0;
    }
    this.#cut.delete(key);
    await handleBase.call(this.#projection, commit);
    return 0;
  }

  #truncated(commit: Commit, why: string): TruncatedError {
    return new TruncatedError(commit, commit.sequence, `its history was cut and ${why}`);
  }
}
