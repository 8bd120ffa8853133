import { call, type Warn } from "../../event/backend/index.ts";
import type { RunState } from "../running.ts";
import type { Busy } from "./busy.ts";
import type { Changes } from "./changes.ts";

/** Called with each change of a projection's state, and with what caused it, if it was an error. */
export type OnState = (state: RunState, cause?: unknown) => void;

/** What a projection is doing. */
export class Status {
  readonly #onState: OnState | undefined;
  readonly #changes: Changes;
  readonly #warn: Warn | undefined;
  #state: RunState = "catching-up";
  /** What it does when nothing is in its way. */
  #usual: "catching-up" | "live" | "standby" = "catching-up";
  #ended = false;
  /** What its handlers are doing. */
  readonly busy: Busy;

  /** @param warn - told what `onState` throws */
  constructor(onState: OnState | undefined, changes: Changes, busy: Busy, warn?: Warn) {
    this.busy = busy;
    this.#onState = onState;
    this.#changes = changes;
    this.#warn = warn;
  }

  get state(): RunState {
    return this.#state;
  }

  /** It has stopped, failed or been superseded. */
  get ended(): boolean {
    return this.#ended;
  }

  /** It takes up its checkpoint. */
  begins(): void {
    this.#usual = "catching-up";
    this.#set("catching-up");
  }

  /** Another process runs it. */
  standsBy(cause?: unknown): void {
    this.#usual = "standby";
    this.#set("standby", cause);
  }

  caughtUp(): void {
    this.#usual = "live";
    this.#set("live");
  }

  /** What it needs is away, or an event is tried again. */
  hindered(state: "waiting" | "retrying", cause: unknown): void {
    this.#set(state, cause);
  }

  /** It goes on. */
  goesOn(): void {
    if (this.#state !== this.#usual) this.#set(this.#usual);
  }

  /** For good: what was under way meanwhile changes it no more. */
  end(state: "stopped" | "failed" | "superseded", cause?: unknown): void {
    this.#set(state, cause);
    this.#ended = true;
    this.busy.close();
  }

  #set(state: RunState, cause?: unknown): void {
    if (this.#ended) return;
    if (state === this.#state && cause === undefined) return;
    this.#state = state;
    this.#changes.tell();
    call("onState", this.#onState, [state, cause], this.#warn);
  }
}
