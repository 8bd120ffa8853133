import type { EventStore, Sequence } from "../../event/index.ts";
import { onAbort } from "../../event/backend/index.ts";
import type { Checkpoints } from "../checkpoints/checkpoint.ts";
import { followActive, leaseCellOf } from "../failover/follow-active.ts";
import { inTerms } from "../failover/in-terms.ts";
import type { Lease } from "../failover/lease.ts";
import type { Aside } from "../parking/aside.ts";
import { ParkedCommits } from "../parking/parked-commits.ts";
import type { ObserveOptions } from "../observe.ts";
import type { Projection } from "../projection.ts";
import type { Failure, Lag, Parked, Progress, Running, RunState, WaitOptions } from "../running.ts";
import { Busy } from "./busy.ts";
import { Changes } from "./changes.ts";
import { endingOf, isSuperseded, type Projected } from "./ending.ts";
import { FailureReport } from "./failure.ts";
import { type InTurn, takingTurns } from "./read.ts";
import { Status } from "./status.ts";
import { StopLimit } from "./stop-limit.ts";
import { Term } from "./term.ts";
import { checkWait, deadlineOf, Watch } from "./watch.ts";
import { awaitSuccessor } from "../versions/successor.ts";

/** How a projection is run. */
export interface RunOptions extends Pick<
  ObserveOptions,
  "after" | "rebuild" | "signal" | "onState"
> {
  /** See `StandbyOptions.takeOverMs`; undefined where nobody stands by. */
  readonly takeOverMs: number | undefined;
}

/** A projection that runs here: in one term, or in several where it stands by between them. */
export class Run<Tx> implements Running {
  readonly #done: Promise<void>;
  readonly parked: Parked;
  readonly #projected: Projected<Tx>;
  readonly #changes: Changes;
  readonly onChange: Running["onChange"] = (listener) => this.#changes.listen(listener);
  readonly #status: Status;
  readonly #watch: Watch;
  readonly #stopping = new AbortController();
  #term: Term<Tx> | undefined;
  #aside: Aside | undefined;
  /** In the terms before. */
  #handledBefore = 0;
  /** What handles commits, one at a time: the loop, and retries of what is parked. */
  readonly #inTurn: InTurn = takingTurns();
  /** Until it has begun: what is lost later is an error. */
  #rebuild: boolean;
  readonly #limit: StopLimit;
  readonly #report: FailureReport;

  constructor(
    store: EventStore,
    projection: Projection<never, Tx>,
    checkpoints: Checkpoints<Tx>,
    { after = 0, rebuild = false, signal, onState, takeOverMs }: RunOptions,
  ) {
    this.#projected = { store, projection, checkpoints };
    this.#rebuild = rebuild;
    this.#changes = new Changes(store.onWarning);
    const what = `projection "${projection.name}"`;
    this.#report = new FailureReport(what, this.#changes, onState !== undefined, store.onWarning);
    const { transactional } = checkpoints;
    const busy = new Busy({ what, transactional, warn: store.onWarning });
    this.#status = new Status(onState, this.#changes, busy, store.onWarning);
    const asideOf = () => this.#aside;
    this.#watch = new Watch(store, projection, asideOf, this.#changes);
    const jobOf = () => this.#term?.job;
    this.parked = new ParkedCommits(asideOf, jobOf, this.#inTurn, () => this.state);
    this.#limit = new StopLimit(() => this.#giveUp(), store.onWarning);
    const off = [signal, store.signal].map((one) => onAbort(one, () => this.#stop()));
    const asking = awaitSuccessor(() => isSuperseded(this.#projected), this.#stopping.signal);
    void asking.then(
      (superseded) => superseded && this.#supersede(),
      (error: unknown) => this.#fail(error),
    );
    this.#done = this.#limit
      .of(this.#run(after, takeOverMs))
      .finally(() => off.forEach((f) => f()));
    this.#done.catch(() => undefined);
  }

  get done(): Promise<void> {
    this.#report.watch();
    return this.#done;
  }

  get state(): RunState {
    return this.#status.state;
  }

  get position(): Sequence {
    return this.#watch.position.sequence;
  }

  get handled(): number {
    return this.#handledBefore + (this.#term?.job?.handler.handled ?? 0);
  }

  get busySinceMs(): number | undefined {
    return this.#status.busy.sinceMs;
  }

  get rate(): number {
    return this.#watch.rate;
  }

  get active(): boolean {
    return this.#watch.activation.sequence === 1;
  }

  get error(): unknown {
    return this.#report.error;
  }

  get failure(): Failure | undefined {
    return this.#report.failure;
  }

  reached(sequence: Sequence, options: WaitOptions = {}): Promise<void> {
    return this.#watch.reached(sequence, options);
  }

  caughtUp(options: WaitOptions = {}): Promise<void> {
    return this.#watch.caughtUp(options);
  }

  async activated(options: WaitOptions = {}): Promise<void> {
    checkWait(options);
    return this.#watch.activation.reach(1, deadlineOf(options), options);
  }

  lag(): Promise<Lag> {
    return this.#watch.lag();
  }

  progress(): Promise<Progress> {
    return this.#watch.progress();
  }

  async stop(options?: Parameters<Running["stop"]>[0]): Promise<void> {
    this.#stop(options);
    await this.#done.catch(() => undefined);
  }

  #stop(options?: Parameters<Running["stop"]>[0]): void {
    this.#limit.begin(options);
    this.#stopping.abort();
  }

  /** What still keeps it is not waited for. */
  async #giveUp(): Promise<void> {
    this.#term?.job?.keeper.giveUp();
    this.#finish();
  }

  #finish(): void {
    this.#status.end("stopped");
    this.#watch.end(this.error);
    if (this.state === "failed") throw this.error;
  }

  async #run(after: Sequence | "new", takeOverMs: number | undefined): Promise<void> {
    try {
      if (takeOverMs === undefined) await this.#serve(after);
      else await this.#standBy(after, takeOverMs);
    } catch (error) {
      if (!this.#stopping.signal.aborted) await this.#end(error);
    }
    this.#stopping.abort();
    this.#finish();
  }

  async #standBy(after: Sequence | "new", takeOverMs: number): Promise<void> {
    // It aborts with the store's, too.
    const { signal } = this.#stopping;
    const follow = () =>
      followActive(this.#projected, this.#watch, (aside) => (this.#aside = aside));
    const waiting = { signal, status: this.#status, follow };
    const cell = await leaseCellOf(this.#projected, takeOverMs, waiting);
    return inTerms(cell, waiting, async (lease) => {
      const stopListening = onAbort(lease.over, () => this.#standsBy(lease.over.reason));
      await this.#serve(after, lease).finally(stopListening);
    });
  }

  async #serve(after: Sequence | "new", lease?: Lease): Promise<void> {
    this.#handledBefore = this.handled;
    const term: Term<Tx> = new Term({
      ...this.#projected,
      after,
      rebuild: this.#rebuild,
      status: this.#status,
      watch: this.#watch,
      inTurn: this.#inTurn,
      lease,
      onBegun: ({ aside }) => {
        this.#aside = aside;
        this.#rebuild = false;
      },
      onError: (error) => this.#end(error, lease && term),
    });
    this.#term = term;
    const stopListening = onAbort(this.#stopping.signal, () => term.end());
    await term.serve().finally(stopListening);
  }

  /** @param shared - the term it happened in, where others stand by */
  async #end(reason: unknown, shared?: Term<Tx>): Promise<void> {
    // A store that is closed takes no checkpoint any more; what was handled since is handled again.
    if (this.#projected.store.signal.aborted) return this.#stopping.abort();
    const ending = await endingOf(reason, this.#projected, this.#term?.job?.ledger);
    if (ending.kind === "superseded") this.#supersede(reason);
    else if (ending.kind === "conflict" && shared !== undefined) {
      this.#standsBy(reason);
      shared.end(reason);
    } else this.#fail(ending.error);
  }

  #standsBy(cause: unknown): void {
    if (!this.#stopping.signal.aborted) this.#status.standsBy(cause);
  }

  #supersede(cause?: unknown): void {
    this.#status.end("superseded", cause);
    this.#stopping.abort();
  }

  #fail(error: unknown): void {
    if (this.#status.ended) return;
    this.#report.fail(error);
    this.#status.end("failed", this.error);
    this.#stopping.abort();
    this.#report.tell(this.position);
  }
}
