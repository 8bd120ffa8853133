import { type Commit, type Envelope, type Sequence, TruncatedError } from "../../event/index.ts";
import { aggregateOf, keyOf } from "../aggregate-key.ts";
import type { HandlerContext, Projection } from "../projection.ts";
import type { Busy } from "./busy.ts";
import { type Hand, unseen } from "./hand.ts";
import type { Status } from "./status.ts";

/** How far the handling of some commits has come, where it is not rolled back by a failure. */
export interface HandledSoFar {
  /** So many commits are handled. */
  commits: number;
  /** And so many events of the next one. */
  events: number;
}

/** What goes with each call of a projection. */
export interface Handling {
  /** Called before each one, which it prevents by throwing. */
  readonly assertHeld: () => void;
  /** What handlers are told by that they are to stop. */
  readonly signal: AbortSignal;
  readonly hand: Hand;
  /** Told of what is awaited. */
  readonly status: Pick<Status, "busy">;
}

/** Brings commits into a projection's read model, one read's commits in their order. */
export class CommitHandler<Tx> {
  readonly #projection: Projection<never, Tx>;
  /** Aggregates whose start was cut and whose base has not come yet, as `family.id`. */
  readonly #cut: Set<string>;
  /** What the work in hand has changed in `#cut`. */
  readonly #changes: { readonly key: string; readonly added: boolean }[] = [];
  readonly #assertHeld: () => void;
  readonly #context: HandlerContext;
  readonly #hand: Hand;
  readonly #busy: Busy | undefined;
  /** The bases of those in `#cut` lie at or below this sequence, if there are any. */
  #basedBy: Sequence | undefined;
  #current: Envelope | undefined;
  #handled = 0;
  #handledInHand = 0;

  /**
   * @param cut - what {@link cut} was when an earlier run stopped
   */
  constructor(
    projection: Projection<never, Tx>,
    cut: readonly string[] = [],
    given: Partial<Handling> = {},
  ) {
    const { assertHeld = () => undefined, signal = new AbortController().signal } = given;
    const { hand = unseen, status } = given;
    this.#busy = status?.busy;
    this.#hand = hand;
    this.#context = { signal };
    this.#projection = projection;
    this.#assertHeld = assertHeld;
    this.#cut = new Set(cut);
  }

  /** The aggregates, as `family.id`, that wait for their base; a checkpoint must keep them. */
  get cut(): readonly string[] {
    return [...this.#cut];
  }

  /** The event in hand, when handling one has failed. */
  get current(): Envelope | undefined {
    return this.#current;
  }

  /** How many events were handled, and not rolled back. */
  get handled(): number {
    return this.#handled;
  }

  /**
   * Handle commits, event by event or all at once, from `progress` on, which is kept up to date.
   * @param done - called after each commit, when they are handled one by one
   * @throws {@link TruncatedError} when an aggregate's history was cut and the projection can't
   *   do without
   * @throws what the handler throws
   */
  async handle(
    commits: readonly Commit[],
    tx: Tx,
    progress: HandledSoFar,
    done?: (commit: Commit) => void,
  ): Promise<void> {
    if (this.#projection.projectBatch === undefined)
      await this.#oneByOne(commits, tx, progress, done);
    else await this.#together(commits, tx, progress);
  }

  /** The work in hand is done, and stays. */
  settle(): void {
    this.#changes.length = 0;
    this.#handledInHand = 0;
  }

  /** The work in hand was rolled back. */
  undo(): void {
    for (const { key, added } of this.#changes.splice(0).toReversed()) {
      if (added) this.#cut.delete(key);
      else this.#cut.add(key);
    }
    this.#count(-this.#handledInHand);
    this.#handledInHand = 0;
  }

  /** Is the history of an aggregate cut, and its base still to come? */
  get lacksBase(): boolean {
    return this.#cut.size > 0;
  }

  /**
   * Everything up to a position was handled. A base was there before the cut, so it lies below what
   * was the end when the cut was met.
   * @param end - the last sequence that is selected now
   * @throws {@link TruncatedError} for the first aggregate that has none
   */
  async assertBased(position: Sequence, end: () => Promise<Sequence>): Promise<void> {
    if (!this.lacksBase) return;
    this.#basedBy ??= await end();
    if (position >= this.#basedBy) this.assertWhole();
  }

  /** There is no more. @throws {@link TruncatedError} for the first aggregate that lacks its base */
  assertWhole(): void {
    for (const key of this.#cut) {
      throw new TruncatedError(aggregateOf(key)!, 0, "its history was cut and has no base");
    }
  }

  async #oneByOne(
    commits: readonly Commit[],
    tx: Tx,
    progress: HandledSoFar,
    done: ((commit: Commit) => void) | undefined,
  ): Promise<void> {
    if (commits.length - progress.commits > 1) await this.#prepare(commits, tx);
    while (progress.commits < commits.length) {
      const commit = commits[progress.commits]!;
      this.#hand.hold(commit.sequence, commit.sequence);
      if (this.#isCut(commit)) await this.#handleCut(commit, tx);
      else {
        const { envelopes } = commit;
        while (progress.events < envelopes.length) {
          this.#assertHeld();
          this.#current = envelopes[progress.events];
          const handled = this.#projection.project!(this.#current as never, tx, this.#context);
          if (handled !== undefined) await this.#settled(handled, this.#current);
          progress.events++;
          this.#count(1);
        }
      }
      this.#current = undefined;
      progress.events = 0;
      progress.commits++;
      done?.(commit);
    }
  }

  async #prepare(commits: readonly Commit[], tx: Tx): Promise<void> {
    if (this.#projection.prepare === undefined) return;
    this.#hand.hold(commits[0]!.sequence, commits.at(-1)!.sequence);
    const envelopes = commits.flatMap((commit) => commit.envelopes);
    const prepared = this.#projection.prepare(envelopes as never, tx, this.#context);
    await this.#settled(prepared, envelopes[0]);
  }

  /** A base ends a run of events: it comes between what is before and after it. */
  async #together(commits: readonly Commit[], tx: Tx, progress: HandledSoFar): Promise<void> {
    this.#hand.hold(commits[0]!.sequence, commits.at(-1)!.sequence);
    let envelopes: Envelope[] = [];
    const flush = async (until: number): Promise<void> => {
      this.#assertHeld();
      const { length } = envelopes;
      if (length > 0) {
        const handled = this.#projection.projectBatch!(envelopes as never, tx, this.#context);
        await this.#settled(handled, envelopes[0]);
      }
      this.#count(length);
      envelopes = [];
      progress.commits = until;
    };
    for (let i = progress.commits; i < commits.length; i++) {
      const commit = commits[i]!;
      if (!this.#isCut(commit)) {
        for (const envelope of commit.envelopes) envelopes.push(envelope);
        continue;
      }
      await flush(i);
      await this.#handleCut(commit, tx);
      progress.commits = i + 1;
    }
    await flush(commits.length);
  }

  #count(events: number): void {
    this.#handled += events;
    this.#handledInHand += events;
  }

  /** What a handler returns is awaited. */
  async #settled(handled: unknown, envelope: Envelope | undefined): Promise<void> {
    await (this.#busy === undefined ? handled : this.#busy.awaited(handled, envelope));
  }

  #isCut(commit: Commit): boolean {
    return commit.missing > 0 || (this.#cut.size > 0 && this.#cut.has(keyOf(commit)));
  }

  /** What is left of a cut history before its base is part of the base's state. */
  async #handleCut(commit: Commit, tx: Tx): Promise<void> {
    const { projectBase, name } = this.#projection;
    if (projectBase === undefined) {
      const detail = `its history was cut, and projection "${name}" has no projectBase`;
      throw new TruncatedError(commit, commit.sequence, detail);
    }
    const key = keyOf(commit);
    if (commit.base === undefined) {
      if (this.#cut.has(key)) return;
      this.#changes.push({ key, added: true });
      this.#cut.add(key);
      this.#basedBy = undefined;
      return;
    }
    this.#assertHeld();
    const based = projectBase.call(this.#projection, commit as never, tx, this.#context);
    await this.#settled(based, undefined);
    if (this.#cut.delete(key)) this.#changes.push({ key, added: false });
  }
}
