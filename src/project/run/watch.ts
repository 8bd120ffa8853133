import { type EventStore, ParkedError, type Sequence, TimeoutError } from "../../event/index.ts";
import { backOff, checkSequence, type Deadline, deadlineIn } from "../../event/backend/index.ts";
import { checkOptions, isMs, isSignal, type Rules } from "../../event/arguments.ts";
import type { Aside } from "../parking/aside.ts";
import type { Projection } from "../projection.ts";
import type { Lag, Progress, WaitOptions } from "../running.ts";
import type { Changes } from "./changes.ts";
import { lagOf } from "./lag.ts";
import { defaultWaitMs, Position } from "./position.ts";
import { Rate } from "./rate.ts";
import type { Handled } from "./read.ts";

/** How far a projection is, and those who wait for it to get further. */
export class Watch {
  readonly position: Position;
  /** 1 once this version is active. */
  readonly activation: Position;
  readonly #store: EventStore;
  readonly #projection: Pick<Projection, "name" | "events">;
  readonly #asideOf: () => Aside | undefined;
  readonly #events = new Rate();
  readonly #commits = new Rate();
  #commitsDone = 0;
  #lastMs: number | undefined;

  constructor(
    store: EventStore,
    projection: Pick<Projection, "name" | "events">,
    asideOf: () => Aside | undefined,
    changes: Changes,
  ) {
    this.#store = store;
    this.#projection = projection;
    this.#asideOf = asideOf;
    const what = `projection "${projection.name}"`;
    this.position = new Position(what, changes);
    this.activation = new Position(`taking over by ${what}`, changes);
  }

  /** Events per second. */
  get rate(): number {
    return this.#events.perSecond;
  }

  /** Everything at or below a sequence is handled: so many commits more. */
  advance(sequence: Sequence, commits: number): void {
    this.#commitsDone += commits;
    if (commits > 0) this.#commits.add(commits);
    this.position.advance(sequence);
  }

  /** Another process has handled everything at or below a sequence. */
  follow(sequence: Sequence): void {
    this.#lastMs = undefined;
    this.position.advance(sequence);
  }

  /** A batch is done with. */
  handled({ commits, events }: Handled): void {
    this.#events.add(events);
    this.#lastMs = commits.at(-1)?.timeMs ?? this.#lastMs;
  }

  /** Nothing will come any more, because of `error`, if there was one. */
  end(error: unknown): void {
    this.position.end(error);
    this.activation.end(error);
  }

  async reached(sequence: Sequence, options: WaitOptions): Promise<void> {
    checkSequence("sequence", sequence);
    checkWait(options);
    if (this.position.sequence < sequence) {
      const deadline = deadlineIn(options.timeoutMs ?? defaultWaitMs);
      const end = await this.#stored(sequence, deadline, options);
      const left = { ...options, timeoutMs: Math.max(0, Math.ceil(deadline.leftMs())) };
      await this.position.reach(Math.min(sequence, end), left);
    }
    await this.#assertNotParked(sequence, options);
  }

  /**
   * Wait until something is stored at a sequence or beyond it. What is not selected never comes to
   * the projection: then the last selected commit is as far as it goes.
   * @returns the sequence of the last selected commit
   */
  async #stored(sequence: Sequence, deadline: Deadline, options: WaitOptions): Promise<Sequence> {
    for (let attempt = 0, stored = false; ; attempt++) {
      const end = await this.#store.end(this.#projection.events, signalOf(options));
      if (stored || end >= sequence || this.position.sequence >= sequence) return end;
      stored = await this.#isStored(sequence, options);
      // A commit that was stored between the two questions is in the end that is asked for again.
      if (stored) continue;
      this.position.assertGoesOn();
      if (deadline.leftMs() <= 0) throw this.#notStored(sequence, deadline);
      await backOff(attempt, deadline, options.signal, { firstMs: 20, longestMs: 1_000 });
    }
  }

  /** Whether something is, or was, stored at a sequence or beyond it. */
  async #isStored(sequence: Sequence, options: WaitOptions): Promise<boolean> {
    if ((await this.#store.stampAt(sequence, signalOf(options))) !== undefined) return true;
    return ((await this.#store.lastSequence?.(signalOf(options))) ?? 0) >= sequence;
  }

  #notStored(sequence: Sequence, { budgetMs }: Deadline): TimeoutError {
    const what = `projection "${this.#projection.name}" did not reach ${sequence}`;
    return new TimeoutError(`${what} within ${budgetMs} ms: nothing is stored there`);
  }

  async caughtUp(options: WaitOptions): Promise<void> {
    checkWait(options);
    const end = await this.#store.end(this.#projection.events, signalOf(options));
    await this.position.reach(end, options);
  }

  lag(): Promise<Lag> {
    return lagOf(this.#store, this.#projection.events, this.position.sequence, this.#lastMs);
  }

  async progress(): Promise<Progress> {
    const { commits } = await this.lag();
    const done = this.#commitsDone;
    const rate = this.#commits.perSecond;
    const leftMs = commits === 0 ? 0 : (commits * 1_000) / rate;
    return { done, total: done + commits, rate, leftMs };
  }

  async #assertNotParked(sequence: Sequence, options: WaitOptions): Promise<void> {
    const aside = this.#asideOf();
    if (aside === undefined || aside.size === 0) return;
    const { name, events } = this.#projection;
    const commit = await this.#store.at(events, sequence, signalOf(options));
    if (commit === undefined || !aside.holds(commit, sequence)) return;
    throw new ParkedError(name, commit, sequence);
  }
}

const waitRules: Rules<WaitOptions> = { timeoutMs: isMs, signal: isSignal };

/** @throws {@link InvalidInputError} naming the option */
export function checkWait(options: WaitOptions): void {
  checkOptions("a wait", options, waitRules);
}

function signalOf({ signal }: WaitOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
