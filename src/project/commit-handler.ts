import { type Commit, TruncatedError } from "../event/index.ts";
import type { Projection } from "./projection.ts";

/** Brings commits into a projection's read model, one read's commits in their order. */
export class CommitHandler {
  readonly #projection: Projection;
  /** Aggregates whose start was cut and whose base has not come yet, as `family.id`. */
  readonly #cut: Set<string>;
  #whole = false;

  /** @param cut - what {@link cut} was when an earlier run stopped */
  constructor(projection: Projection, cut: readonly string[] = []) {
    this.#projection = projection;
    this.#cut = new Set(cut);
  }

  /** The aggregates, as `family.id`, that wait for their base; a checkpoint must keep them. */
  get cut(): readonly string[] {
    return [...this.#cut];
  }

  /**
   * Handle one commit, event by event.
   * @returns how many events were handled
   * @throws {@link TruncatedError} when the aggregate's history was cut and the projection can't
   *   do without
   * @throws what the handler throws
   */
  async handle(commit: Commit): Promise<number> {
    if (commit.missing > 0 || this.#isCut(commit)) return this.#handleCut(commit);
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
    for (const key of this.#cut) {
      const [family = "", id = ""] = key.split(".");
      throw new TruncatedError({ family, id }, 0, "its history was cut and has no base");
    }
  }

  #isCut(commit: Commit): boolean {
    return this.#cut.size > 0 && this.#cut.has(keyOf(commit));
  }

  /** What is left of a cut history before its base is part of the base's state. */
  async #handleCut(commit: Commit): Promise<number> {
    const { handleBase, name } = this.#projection;
    if (handleBase === undefined) {
      const detail = `its history was cut, and projection "${name}" has no handleBase`;
      throw new TruncatedError(commit, commit.sequence, detail);
    }
    if (commit.base === undefined) {
      this.#cut.add(keyOf(commit));
      if (this.#whole) this.assertWhole();
      return 0;
    }
    await handleBase.call(this.#projection, commit);
    this.#cut.delete(keyOf(commit));
    return 0;
  }
}

function keyOf({ family, id }: Commit): string {
  return `${family}.${id}`;
}
