import type { Sequence } from "../../event/index.ts";
import { begin } from "./begin.ts";
import type { Projected } from "./ending.ts";
import type { Job } from "./job.ts";
import { type InTurn, read } from "./read.ts";
import type { Status } from "./status.ts";
import type { Watch } from "./watch.ts";

/** What a term is served with. */
export interface TermOptions<Tx> extends Projected<Tx> {
  /** Where to begin without a checkpoint. */
  readonly after: Sequence | "new";
  readonly status: Status;
  readonly watch: Watch;
  /** Keeps anything else from being handled meanwhile. */
  readonly inTurn: InTurn;
  /** Called when its checkpoint is taken up. */
  readonly onBegun: (job: Job<Tx>) => void;
  /** Called with what it fails at, while it lasts and when it saves for the last time; ends it. */
  readonly onError: (error: unknown) => Promise<void>;
}

/** A projection at work: from taking up its checkpoint to saving it for the last time. */
export class Term<Tx> {
  readonly #options: TermOptions<Tx>;
  readonly #ending = new AbortController();
  #job: Job<Tx> | undefined;

  constructor(options: TermOptions<Tx>) {
    this.#options = options;
  }

  /** Undefined until it has begun. */
  get job(): Job<Tx> | undefined {
    return this.#job;
  }

  /** Finish the commit in hand, and begin no other. */
  end(reason?: unknown): void {
    this.#ending.abort(reason);
  }

  /** Handle history and what comes, until it is ended. Whatever ends it, what was handled is saved. */
  async serve(): Promise<void> {
    try {
      await this.#handleAll();
    } catch (error) {
      if (!this.#ending.signal.aborted) await this.#options.onError(error);
    }
    this.end();
    await this.#options.inTurn(async () => undefined);
    await this.#save();
  }

  async #handleAll(): Promise<void> {
    const { store, projection, checkpoints, after, status, watch, inTurn } = this.#options;
    const job = await begin(store, projection, checkpoints, {
      after,
      signal: this.#ending.signal,
      status,
      onPosition: (sequence, commits) => watch.advance(sequence, commits),
      onError: (error) => void this.#options.onError(error),
    });
    this.#job = job;
    this.#options.onBegun(job);
    watch.advance(job.ledger.sequence, 0);
    if (job.active) watch.activation.advance(1);
    for await (const batch of read(job, inTurn)) {
      watch.handled(batch);
      if (job.active) watch.activation.advance(1);
    }
  }

  async #save(): Promise<void> {
    const keeper = this.#job?.keeper;
    try {
      if (this.#options.status.state === "superseded") keeper?.stop();
      else await keeper?.flush();
    } catch (error) {
      keeper?.stop();
      await this.#options.onError(error);
    }
  }
}
