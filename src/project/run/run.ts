import type { EventStore, Sequence } from "../../event/index.ts";
import { onAbort } from "../../event/backend/index.ts";
import type { Checkpoints } from "../checkpoints/checkpoint.ts";
import type { Aside } from "../parking/aside.ts";
import { ParkedCommits } from "../parking/parked-commits.ts";
import type { ObserveOptions } from "../observe.ts";
import type { Projection } from "../projection.ts";
import type { Failure, Lag, Parked, Progress, Running, RunState, WaitOptions } from "../running.ts";
import { Changes } from "./changes.ts";
import { endingOf, isSuperseded, type Projected } from "./ending.ts";
import { failureOf } from "./failure.ts";
import type { InTurn } from "./read.ts";
import { Status } from "./status.ts";
import { Term } from "./term.ts";
import { Watch } from "./watch.ts";
import { awaitSuccessor } from "../versions/successor.ts";

/** A projection at work: one loop over one subscription at a time. */
export class Run<Tx> implements Running {
  readonly done: Promise<void>;
  readonly parked: Parked;
  readonly #projected: Projected<Tx>;
  readonly #changes = new Changes();
  readonly onChange: Running["onChange"] = (listener) => this.#changes.listen(listener);
  readonly #status: Status;
  readonly #watch: Watch;
  readonly #stopping = new AbortController();
  #term: Term<Tx> | undefined;
  #aside: Aside | undefined;
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
    this.#projected = { store, projection, checkpoints };
    this.#status = new Status(onState, this.#changes);
    const asideOf = () => this.#aside;
    this.#watch = new Watch(store, projection, asideOf, this.#changes);
    this.parked = new ParkedCommits(asideOf, () => this.#term?.job, this.#inTurn);
    const stopListening = onAbort(signal, () => this.#stopping.abort());
    const asking = awaitSuccessor(() => isSuperseded(this.#projected), this.#stopping.signal);
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
    return this.#term?.job?.handler.handled ?? 0;
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
    await this.#serve(after);
    this.#stopping.abort();
    this.#status.end("stopped");
    this.#watch.end(this.#error);
    if (this.state === "failed") throw this.#error;
  }

  async #serve(after: Sequence | "new"): Promise<void> {
    const term: Term<Tx> = new Term({
      ...this.#projected,
      after,
      status: this.#status,
      watch: this.#watch,
      inTurn: this.#inTurn,
      onBegun: ({ aside }) => void (this.#aside = aside),
      onError: (error) => this.#end(error),
    });
    this.#term = term;
    const stopListening = onAbort(this.#stopping.signal, () => term.end());
    await term.serve().finally(stopListening);
  }

  async #end(reason: unknown): Promise<void> {
    // A store that is closed takes no checkpoint any more; what was handled since is handled again.
    if (this.#projected.store.signal.aborted) return this.#stopping.abort();
    const ending = await endingOf(reason, this.#projected, this.#term?.job?.ledger);
    if (ending.kind === "superseded") this.#supersede(reason);
    else this.#fail(ending.error);
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
