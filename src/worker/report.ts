import { WorkerCrashedError } from "../event/index.ts";
import { call, emitWarning } from "../event/backend/index.ts";
import { Changes } from "../project/run/changes.ts";
import { unwatchedFailure } from "../project/run/failure.ts";
import { errorFrom } from "./error-form.ts";
import type { ToMain, WorkerStatus } from "./messages.ts";
import { Outcome } from "./outcome.ts";
import type { WorkerState } from "./worker-projection.ts";

const atStart: Omit<WorkerStatus, "state"> = {
  position: 0,
  handled: 0,
  rate: 0,
  busySinceMs: undefined,
  active: false,
  error: undefined,
  failure: undefined,
};

/** What the main thread knows of a projection, over all its threads. */
export class Report {
  readonly done: Outcome = new Outcome();
  readonly changes: Changes = new Changes();
  readonly #onState: ((state: WorkerState, cause?: unknown) => void) | undefined;
  #state: WorkerState = "starting";
  #status = atStart;
  #error: unknown;
  #restarts = 0;
  /** Somebody is told, or asks, how it ends. */
  watched: boolean;
  readonly #what: string;

  /** @param what - which worker it is, for warnings */
  constructor(what: string, onState: ((state: WorkerState, cause?: unknown) => void) | undefined) {
    this.#what = what;
    this.#onState = onState;
    this.watched = onState !== undefined;
  }

  get state(): WorkerState {
    return this.#state;
  }

  get status(): Omit<WorkerStatus, "state" | "error"> {
    return this.#status;
  }

  get error(): unknown {
    return this.#error;
  }

  get restarts(): number {
    return this.#restarts;
  }

  hear(message: ToMain): void {
    if (message.kind === "status") {
      const { state, ...status } = message.status;
      const { position, active } = this.#status;
      this.#status = status;
      if (status.position !== position || status.active !== active) this.changes.tell();
      if (state === this.#state) return;
      if (status.error !== undefined) this.#error = errorFrom(status.error);
      this.#set(state, this.#error);
    }
    if (message.kind === "state") {
      const cause = message.cause && errorFrom(message.cause);
      if (message.state === "failed") this.#error = cause;
      this.#set(message.state, cause);
    }
    if (message.kind === "settled") {
      if (message.error === undefined) this.done.resolve();
      else this.done.reject((this.#error ??= errorFrom(message.error)));
    }
  }

  /** Another thread is started in place of one that has crashed. */
  restart(cause: unknown): void {
    this.#restarts++;
    this.#status = { ...this.#status, handled: 0, rate: 0, busySinceMs: undefined };
    this.#set("starting", cause);
  }

  /** It has crashed too often. */
  fail(crashes: number, cause: unknown): void {
    const times = crashes === 1 ? "once" : `${crashes} times in a row`;
    this.#error = new WorkerCrashedError(`the worker has crashed ${times}`, { cause });
    this.#set("failed", this.#error);
    this.done.reject(this.#error);
  }

  /** There is no thread any more. */
  end(cause: unknown): void {
    if (this.#state !== "failed" && this.#state !== "superseded") this.#set("stopped", cause);
    if (!this.done.settled) this.done.resolve();
  }

  #set(state: WorkerState, cause?: unknown): void {
    if (state === this.#state && cause === undefined) return;
    const failed = state === "failed" && this.#state !== "failed";
    this.#state = state;
    this.changes.tell();
    call("onState", this.#onState, [state, cause]);
    if (!failed || this.watched || this.changes.heard) return;
    emitWarning(unwatchedFailure(this.#what, this.#status.position, this.#error));
  }
}
