import type { AggregateRef, Sequence } from "../event/index.ts";
import { backOff, checkSequence, deadlineIn, onAbort } from "../event/backend/index.ts";
import type { Lag, ParkedCommit, Progress, WaitOptions } from "../project/index.ts";
import { Crashes } from "./crashes.ts";
import { errorFrom } from "./error-form.ts";
import type { ToMain } from "./messages.ts";
import { Outcome } from "./outcome.ts";
import { Report } from "./report.ts";
import { Requests } from "./requests.ts";
import type { StartWorkerOptions } from "./start-worker.ts";
import { Thread, type ThreadOptions } from "./thread.ts";
import type { Queries } from "./worker-module.ts";
import type {
  Answer,
  QueryArguments,
  WorkerFailure,
  WorkerParked,
  WorkerProjection,
  WorkerState,
} from "./worker-projection.ts";

/** Keeps a worker's thread going, and asks it. */
export class Supervisor<Q extends Queries> implements WorkerProjection<Q> {
  /** Resolves when the first thread is ready; rejects when there will be none. */
  readonly started: Promise<void>;
  readonly parked: WorkerParked;
  readonly #options: StartWorkerOptions;
  readonly #thread: Omit<ThreadOptions, "crashed">;
  readonly #crashes = new Crashes();
  readonly #report: Report;
  readonly #requests: Requests;
  readonly #ready = new Outcome();
  readonly #stopping = new AbortController();
  readonly #over: Promise<void>;
  #running: Thread | undefined;
  /** Set when the thread has told that it stopped: with what closing it threw, if it did. */
  #ended: { readonly cause: unknown } | undefined;

  constructor(module: URL, data: unknown, options: StartWorkerOptions) {
    const { startTimeoutMs = 30_000, execArgv, resourceLimits, signal, onState } = options;
    const name = module.pathname.slice(module.pathname.lastIndexOf("/") + 1);
    this.#options = options;
    this.#thread = { module, data, startTimeoutMs, execArgv, resourceLimits };
    this.#report = new Report(`worker "${name}"`, onState);
    this.#requests = new Requests(() => `worker "${name}" (at ${this.position})`);
    this.started = this.#ready.promise;
    this.parked = parkedBy(this.#requests);
    this.#over = this.#run();
    const stopListening = onAbort(signal, () => void this.stop());
    void this.#over.then(stopListening);
  }

  get done(): Promise<void> {
    this.#report.watched = true;
    return this.#report.done.promise;
  }

  get state(): WorkerState {
    return this.#report.state;
  }

  get position(): Sequence {
    return this.#report.status.position;
  }

  get handled(): number {
    return this.#report.status.handled;
  }

  get busySinceMs(): number | undefined {
    return this.#report.status.busySinceMs;
  }

  get rate(): number {
    return this.#report.status.rate;
  }

  get active(): boolean {
    return this.#report.status.active;
  }

  get error(): unknown {
    return this.#report.error;
  }

  get failure(): WorkerFailure | undefined {
    return this.#report.status.failure;
  }

  get restarts(): number {
    return this.#report.restarts;
  }

  async reached(sequence: Sequence, options?: WaitOptions): Promise<void> {
    checkSequence("sequence", sequence);
    await this.#requests.ask("reached", [sequence], options);
  }

  async caughtUp(options?: WaitOptions): Promise<void> {
    await this.#requests.ask("caughtUp", [], options);
  }

  async activated(options?: WaitOptions): Promise<void> {
    await this.#requests.ask("activated", [], options);
  }

  async lag(options?: WaitOptions): Promise<Lag> {
    return (await this.#requests.ask("lag", [], options)) as Lag;
  }

  async progress(options?: WaitOptions): Promise<Progress> {
    return (await this.#requests.ask("progress", [], options)) as Progress;
  }

  async query<Name extends keyof Q & string>(
    name: Name,
    ...rest: QueryArguments<Q[Name]>
  ): Promise<Answer<Q[Name]>> {
    const [args = [], options] = rest as [(readonly unknown[])?, WaitOptions?];
    return (await this.#requests.ask("query", [name, args], options)) as Answer<Q[Name]>;
  }

  onChange(listener: () => void): () => void {
    return this.#report.changes.listen(listener);
  }

  async stop(): Promise<void> {
    if (!this.#stopping.signal.aborted) {
      this.#stopping.abort();
      this.#running?.stop(this.#options.stopTimeoutMs ?? 10_000);
    }
    await this.#over;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** One thread after another, until it is stopped, or has nothing to do any more. */
  async #run(): Promise<void> {
    const { firstMs = 100, longestMs = 10_000, limit = Infinity } = this.#options.restart ?? {};
    const { signal } = this.#stopping;
    let cause: unknown;
    for (let crashes = 0; ; crashes++) {
      const life = await this.#live();
      cause = life.cause;
      if (this.#report.done.settled || !this.#ready.settled || signal.aborted) break;
      this.#requests.disconnect(cause);
      this.#crashes.count(cause);
      if (life.ranMs >= longestMs) crashes = 0;
      if (crashes >= limit) {
        this.#report.fail(crashes + 1, cause);
        break;
      }
      this.#report.restart(cause);
      const pause = backOff(crashes, deadlineIn(Infinity), signal, { firstMs, longestMs });
      await pause.catch(() => undefined);
      if (signal.aborted) break;
    }
    this.#end(cause);
  }

  /** From a thread's start to its end. */
  async #live(): Promise<{ readonly cause: unknown; readonly ranMs: number }> {
    try {
      const options = { ...this.#thread, crashed: this.#crashes.list };
      const thread = new Thread(options, (message) => this.#hear(thread, message));
      this.#running = thread;
      const cause = await thread.exited;
      const ranMs = thread.readyMs === undefined ? 0 : performance.now() - thread.readyMs;
      return { cause, ranMs };
    } catch (cause) {
      return { cause, ranMs: 0 };
    }
  }

  #hear(thread: Thread, message: ToMain): void {
    switch (message.kind) {
      case "ready":
        this.#requests.connect((asked, buffers) => thread.send(asked, buffers));
        if (!this.#stopping.signal.aborted) this.#ready.resolve();
        return;
      case "answer":
        return this.#requests.answer(message.id, { value: message.value });
      case "error":
        return this.#requests.answer(message.id, { error: errorFrom(message.error) });
      case "hand":
      case "acquitted":
        return this.#crashes.hear(message);
      case "unread":
        return this.#requests.unread(errorFrom(message.error));
      case "ended":
        this.#ended = { cause: message.error && errorFrom(message.error) };
        return;
      default:
        this.#report.hear(message);
    }
  }

  #end(exit: unknown): void {
    const stopped = this.#ended !== undefined || this.#running === undefined;
    const cause = stopped ? this.#ended?.cause : exit;
    this.#requests.end(this.error ?? cause);
    if (!this.#ready.settled) {
      const { signal } = this.#options;
      this.#ready.reject(signal?.aborted === true ? signal.reason : exit);
    }
    this.#report.end(cause);
  }
}

function parkedBy(requests: Requests): WorkerParked {
  type Found = readonly ParkedCommit[];
  return {
    list: async (options) => (await requests.ask("parked", [], options)) as Found,
    retry: async (aggregate?: AggregateRef, options?: WaitOptions) =>
      (await requests.ask("retry", [aggregate], options)) as Found,
    discard: async (aggregate, options) =>
      (await requests.ask("discard", [aggregate], options)) as Found,
  };
}
