import { ConflictError, CorruptError, type EventStore, type Sequence } from "../../event/index.ts";
import { onAbort } from "../../event/backend/index.ts";
import type { Checkpoints } from "../checkpoints/checkpoint.ts";
import { verifyCheckpoint } from "../checkpoints/verify.ts";
import { ParkedCommits } from "../parking/parked-commits.ts";
import type { ObserveOptions } from "../observe.ts";
import type { Projection } from "../projection.ts";
import type { Failure, Lag, Parked, Progress, Running, RunState, WaitOptions } from "../running.ts";
import { begin } from "./begin.ts";
import { Changes } from "./changes.ts";
import type { Job } from "./job.ts";
import { failureOf } from "./failure.ts";
import { type InTurn, read } from "./read.ts";
import { Status } from "./status.ts";
import { Watch } from "./watch.ts";
import { awaitSuccessor } from "../versions/successor.ts";
import { SupersededError } from "../versions/superseded.ts";

/** A projection at work: one loop over one subscription at a time. */
export class Run<Tx> implements Running {
  readonly done: Promise<void>;
  readonly parked: Parked;
  readonly #store: EventStore;
  readonly #projection: Projection<never, Tx>;
  readonly #checkpoints: Checkpoints<Tx>;
  readonly #changes = new Changes();
  readonly onChange: Running["onChange"] = (listener) => this.#changes.listen(listener);
  readonly #status: Status;
  readonly #watch: Watch;
  readonly #stopping = new AbortController();
  #job: Job<Tx> | undefined;
  /** What handles commits, one at a time: the loop, and retries of what is parked. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #inTurn: InTurn = (use) => {
    const done = this.#turn.then(use);
    this.#turn = done.catch(() => undefined);
    return done;
  };
  #error: unknown;
  #failure: Failure | undefined;

  constructor(
    store: EventStore,
    projection: Projection<never, Tx>,
    checkpoints: Checkpoints<Tx>,
    { after = 0, signal, onState }: Omit<ObserveOptions<Tx>, "checkpoints">,
  ) {
    this.#store = store;
    this.#projection = projection;
    this.#checkpoints = checkpoints;
    this.#status = new Status(onState, this.#changes);
    const asideOf = () => this.#job?.aside;
    this.#watch = new Watch(store, projection, asideOf, this.#changes);
    this.parked = new ParkedCommits(() => this.#job, this.#inTurn);
    const stopListening = onAbort(signal, () => this.#stopping.abort());
    const asking = awaitSuccessor(() => this.#isSuperseded(), this.#stopping.signal);
    void asking.then((superseded) => superseded && this.#supersede());
    this.done = this.#run(after).finally(stopListening);
    this.done.catch(() => undefined);
  }

  get state(): RunState {
    return this.#status.state;
  }

  get position(): Sequence {
    return this.#watch.position.sequence;
  }

  get handled(): number {
    return this.#job?.handler.handled ?? 0;
  }

  get rate(): number {
    return this.#watch.rate;
  }

  get active(): boolean {
    return this.#watch.activation.sequence === 1;
  }

  get error(): unknown {
    return this.#error;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  reached(sequence: Sequence, options: WaitOptions = {}): Promise<void> {
    return this.#watch.reached(sequence, options);
  }

  caughtUp(options: WaitOptions = {}): Promise<void> {
    return this.#watch.caughtUp(options);
  }

  activated(options: WaitOptions = {}): Promise<void> {
    return this.#watch.activation.reach(1, options);
  }

  lag(): Promise<Lag> {
    return this.#watch.lag();
  }

  progress(): Promise<Progress> {
    return this.#watch.progress();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.done.catch(() => undefined);
  }

  async #run(after: Sequence | "new"): Promise<void> {
    const { signal } = this.#stopping;
    let job: Job<Tx> | undefined;
    try {
      job = await begin(this.#store, this.#projection, this.#checkpoints, {
        after,
        signal,
        status: this.#status,
        onPosition: (sequence, commits) => this.#watch.advance(sequence, commits),
        onError: (error) => void this.#end(error),
      });
      this.#job = job;
      this.#watch.advance(job.ledger.sequence, 0);
      if (job.active) this.#watch.activation.advance(1);
      for await (const batch of read(job, this.#inTurn)) {
        this.#watch.handled(batch);
        if (job.active) this.#watch.activation.advance(1);
      }
    } catch (error) {
      if (!signal.aborted) await this.#end(error);
    }
    await this.#close(job);
  }

  /** Whatever ends it, what was handled is saved. */
  async #close(job: Job<Tx> | undefined): Promise<void> {
    this.#stopping.abort();
    await this.#turn;
    try {
      if (this.state !== "superseded") await job?.keeper.flush();
      else job?.keeper.stop();
    } catch (error) {
      job?.keeper.stop();
      await this.#end(error);
    }
    this.#status.end("stopped");
    this.#watch.end(this.#error);
    if (this.state === "failed") throw this.#error;
  }

  /** Somebody else has the checkpoint: a newer version, or another process that runs this one. */
  async #end(reason: unknown): Promise<void> {
    // A store that is closed takes no checkpoint any more; what was handled since is handled again.
    if (this.#store.signal.aborted) return this.#stopping.abort();
    const conflict =
      reason instanceof ConflictError && (await this.#isSuperseded().catch(() => false));
    if (conflict || reason instanceof SupersededError) this.#supersede(reason);
    else this.#fail((await this.#rewound(reason)) ?? reason);
  }

  /** A server that went back to a backup has lost what the checkpoint was changed on, too. */
  async #rewound(reason: unknown): Promise<unknown> {
    if (!(reason instanceof ConflictError) || this.#job === undefined) return undefined;
    const { ledger } = this.#job;
    return verifyCheckpoint(this.#store, this.#projection, ledger.checkpoint()).then(
      () => undefined,
      (error: unknown) => (error instanceof CorruptError ? error : undefined),
    );
  }

  async #isSuperseded(): Promise<boolean> {
    const { name, version } = this.#projection;
    const active = await this.#checkpoints.activeVersion({ store: this.#store.name, name });
    return active !== undefined && active > version;
  }

  #supersede(cause?: unknown): void {
    this.#status.end("superseded", cause);
    this.#stopping.abort();
  }

  #fail(error: unknown): void {
    if (this.#status.ended) return;
    const { cause, failure } = failureOf(error);
    this.#error = cause;
    this.#failure = failure;
    this.#status.end("failed", cause);
    this.#stopping.abort();
  }
}
