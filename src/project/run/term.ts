import { errorText } from "../../event/error-text.ts";
import { isJetfoldError, type Sequence } from "../../event/index.ts";
import { onAbort } from "../../event/backend/index.ts";
import type { Lease } from "../failover/lease.ts";
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
  readonly rebuild: boolean;
  readonly status: Status;
  readonly watch: Watch;
  /** Keeps anything else from being handled meanwhile. */
  readonly inTurn: InTurn;
  /** The right to serve, where others stand by; the caller's, who releases it. */
  readonly lease: Lease | undefined;
  /** Called when its checkpoint is taken up. */
  readonly onBegun: (job: Job<Tx>) => void;
  /** Called with what it fails at, while it lasts and when it saves for the last time; ends it. */
  readonly onError: (error: unknown) => Promise<void>;
}

/**
 * A projection at work: from taking up its checkpoint to saving it for the last time. Where others
 * stand by, for as long as its lease holds.
 */
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
    const { lease, onError, inTurn } = this.#options;
    const stopListening = onAbort(lease?.over, () => this.end(lease?.over.reason));
    try {
      await this.#handleAll();
    } catch (error) {
      // What failed because this process hung is nobody's failure.
      if (!this.#ending.signal.aborted && !this.#isLost()) await onError(error);
    }
    this.end();
    await inTurn(async () => undefined);
    await this.#save();
    stopListening();
  }

  /** Another process may have taken over. */
  #isLost(): boolean {
    try {
      this.#options.lease?.check();
      return false;
    } catch {
      return true;
    }
  }

  async #handleAll(): Promise<void> {
    const { store, projection, checkpoints, after, rebuild, status, watch, inTurn, lease } =
      this.#options;
    status.begins();
    const job = await begin(store, projection, checkpoints, {
      after,
      rebuild,
      signal: this.#ending.signal,
      status,
      onPosition: (sequence, commits) => watch.advance(sequence, commits),
      onError: (error) => this.#options.onError(error),
      lease,
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

  /** What it would save is another's to say. */
  #isRefused(): boolean {
    const { reason } = this.#ending.signal as { readonly reason: unknown };
    return this.#options.status.state === "superseded" || isJetfoldError(reason, "second-runner");
  }

  async #save(): Promise<void> {
    const keeper = this.#job?.keeper;
    try {
      if (this.#isRefused()) keeper?.stop();
      else await keeper?.flush();
    } catch (error) {
      keeper?.stop();
      // What is not saved is handled again by whoever goes on.
      if (isAway(error)) this.#warnOfUnsaved(error);
      else await this.#options.onError(error);
    }
  }

  #warnOfUnsaved(cause: unknown): void {
    const { store, projection } = this.#options;
    if (store.signal.aborted || this.#isLost()) return;
    const what = `the last checkpoint of projection "${projection.name}" is not saved`;
    const message = `${what}, and what came since the one before is handled again: ${errorText(cause)}`;
    store.onWarning({ code: "checkpoint", message, cause });
  }
}

/** What keeps the checkpoint is away, or was closed before the projection had stopped. */
function isAway(error: unknown): boolean {
  return isJetfoldError(error, "unavailable") || isJetfoldError(error, "closed");
}
