import {
  ConflictError,
  type EventStore,
  type Sequence,
  UnavailableError,
} from "../../event/index.ts";
import { checkSequence, onAbort } from "../../event/backend/index.ts";
import type { Checkpoints } from "../checkpoints/checkpoint.ts";
import { ParkedCommits } from "../parking/parked-commits.ts";
import type { ObserveOptions } from "../observe.ts";
import type { Projection } from "../projection.ts";
import type { Failure, Lag, Parked, Progress, Running, RunState, WaitOptions } from "../running.ts";
import { begin } from "./begin.ts";
import { Changes } from "./changes.ts";
import type { Job } from "./job.ts";
import { failureOf } from "./failure.ts";
import { lagOf } from "./lag.ts";
import { Position } from "./position.ts";
import { Rate } from "./rate.ts";
import { type InTurn, read } from "./read.ts";
import { Status } from "./status.ts";
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
  readonly #position: Position;
  /** 1 once this version is active. */
  readonly #activation: Position;
  readonly #events = new Rate();
  readonly #commits = new Rate();
  readonly #stopping = new AbortController();
  #job: Job<Tx> | undefined;
  /** What handles commits, one at a time: the loop, and retries of what is parked. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #inTurn: InTurn = (use) => {
    const done = this.#turn.then(use);
    this.#turn = done.catch(() => undefined);
    return done;
  };
  #commitsDone = 0;
  #lastMs: number | undefined;
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
    const what = `projection "${projection.name}"`;
    this.#position = new Position(what, this.#changes);
    this.#activation = new Position(`taking over by ${what}`, this.#changes);
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
    return this.#position.sequence;
  }

  get handled(): number {
    return this.#job?.handler.handled ?? 0;
  }

  get rate(): number {
    return this.#events.perSecond;
  }

  get active(): boolean {
    return this.#activation.sequence === 1;
  }

  get error(): unknown {
    return this.#error;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  async reached(sequence: Sequence, options: WaitOptions = {}): Promise<void> {
    checkSequence("sequence", sequence);
    if (this.#position.sequence < sequence) {
      // What is not selected never comes: then the last selected commit is as far as it goes.
      const end = await this.#store.end(this.#projection.events, signalOf(options));
      await this.#position.reach(Math.min(sequence, end), options);
    }
    await this.#assertNotParked(sequence, options);
  }

  async caughtUp(options: WaitOptions = {}): Promise<void> {
    const end = await this.#store.end(this.#projection.events, signalOf(options));
    await this.#position.reach(end, options);
  }

  activated(options: WaitOptions = {}): Promise<void> {
    return this.#activation.reach(1, options);
  }

  lag(): Promise<Lag> {
    return lagOf(this.#store, this.#projection.events, this.#position.sequence, this.#lastMs);
  }

  async progress(): Promise<Progress> {
    const { commits } = await this.lag();
    const done = this.#commitsDone;
    const rate = this.#commits.perSecond;
    const leftMs = commits === 0 ? 0 : (commits * 1_000) / rate;
    return { done, total: done + commits, rate, leftMs };
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
        onPosition: (sequence, commits) => {
          this.#commitsDone += commits;
          if (commits > 0) this.#commits.add(commits);
          this.#position.advance(sequence);
        },
        onError: (error) => void this.#end(error),
      });
      this.#job = job;
      this.#position.advance(job.ledger.sequence);
      if (job.active) this.#activation.advance(1);
      for await (const batch of read(job, this.#inTurn)) {
        this.#events.add(batch.events);
        this.#lastMs = batch.commits.at(-1)?.timeMs ?? this.#lastMs;
        if (job.active) this.#activation.advance(1);
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
    if (this.state !== "failed" && this.state !== "superseded") this.#status.end("stopped");
    this.#position.end(this.#error);
    this.#activation.end(this.#error);
    if (this.state === "failed") throw this.#error;
  }

  /** Somebody else has the checkpoint: a newer version, or another process that runs this one. */
  async #end(reason: unknown): Promise<void> {
    // A store that is closed takes no checkpoint any more; what was handled since is handled again.
    if (this.#store.signal.aborted) return this.#stopping.abort();
    const conflict =
      reason instanceof ConflictError && (await this.#isSuperseded().catch(() => false));
    if (conflict || reason instanceof SupersededError) this.#supersede(reason);
    else this.#fail(reason);
  }

  async #isSuperseded(): Promise<boolean> {
    const { name, version } = this.#projection;
    const active = await this.#checkpoints.activeVersion({ store: this.#store.name, name });
    return active !== undefined && active > version;
  }

  #supersede(cause?: unknown): void {
    if (this.state === "failed") return;
    this.#status.end("superseded", cause);
    this.#stopping.abort();
  }

  #fail(error: unknown): void {
    if (this.state === "failed" || this.state === "superseded") return;
    const { cause, failure } = failureOf(error);
    this.#error = cause;
    this.#failure = failure;
    this.#status.end("failed", cause);
    this.#stopping.abort();
  }

  async #assertNotParked(sequence: Sequence, options: WaitOptions): Promise<void> {
    const aside = this.#job?.aside;
    if (aside === undefined || aside.size === 0) return;
    const commit = await this.#store.at(this.#projection.events, sequence, signalOf(options));
    if (commit === undefined || !aside.holds(commit, sequence)) return;
    throw new UnavailableError(
      `projection "${this.#projection.name}" has set the commit at ${sequence} aside: ` +
        `${commit.family} "${commit.id}" is parked`,
    );
  }
}

function signalOf({ signal }: WaitOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
