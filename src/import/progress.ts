/** How far an import has come. */
export interface ImportProgress {
  /** Commits of the source that are stored now, `skipped` among them. */
  readonly done: number;
  /** Those of them that were stored before this call. */
  readonly skipped: number;
  /** As given in the options. */
  readonly total?: number;
  /** Commits done per second, over the last five seconds or so of importing. */
  readonly perSecond: number;
  /** At this rate, until `total` is done; absent without `total` or while nothing is done. */
  readonly leftMs?: number;
  /** How many aggregates the source has named so far. */
  readonly aggregates: number;
  /** How many of them were compared with the store; more than 0 once everything is stored. */
  readonly verified: number;
}

/** How often progress is told at most, and how far back the rate looks, in milliseconds. */
const everyMs = 250;
const windowMs = 5_000;

/** Counts, and tells it now and then. */
export class Progress {
  stored = 0;
  skipped = 0;
  verified = 0;
  aggregates = 0;
  readonly startedAt: number = performance.now();
  readonly #total: number | undefined;
  readonly #tell: ((progress: ImportProgress) => void) | undefined;
  #samples: { readonly at: number; readonly done: number }[];
  #toldAt: number;
  #perSecond = 0;

  constructor(total: number | undefined, tell: ((progress: ImportProgress) => void) | undefined) {
    this.#total = total;
    this.#tell = tell;
    this.#toldAt = this.startedAt;
    this.#samples = [{ at: this.startedAt, done: 0 }];
  }

  get done(): number {
    return this.stored + this.skipped;
  }

  /** Something changed: tell it, unless it was told a moment ago. */
  changed(): void {
    if (this.#tell === undefined) return;
    const now = performance.now();
    if (now - this.#toldAt >= everyMs) this.#tellAt(now);
  }

  /** Tell it in any case. */
  tell(): void {
    this.#tellAt(performance.now());
  }

  #tellAt(now: number): void {
    this.#toldAt = now;
    this.#measure(now);
    const { done, skipped, aggregates, verified } = this;
    const total = this.#total;
    const perSecond = this.#perSecond;
    const leftMs =
      total === undefined || perSecond === 0
        ? undefined
        : (Math.max(0, total - done) / perSecond) * 1000;
    this.#tell?.({
      done,
      skipped,
      aggregates,
      verified,
      perSecond,
      ...(total !== undefined && { total }),
      ...(leftMs !== undefined && { leftMs }),
    });
  }

  /** While everything is done and compared, the rate stays what it was. */
  #measure(now: number): void {
    const { done } = this;
    if (this.verified > 0 && this.#samples.at(-1)!.done === done) return;
    const recent = this.#samples.findIndex(({ at }) => now - at <= windowMs);
    this.#samples = this.#samples.slice(recent === -1 ? -1 : recent);
    const from = this.#samples[0]!;
    this.#samples.push({ at: now, done });
    const ms = now - from.at;
    this.#perSecond = ms > 0 ? ((done - from.done) / ms) * 1000 : 0;
  }
}
