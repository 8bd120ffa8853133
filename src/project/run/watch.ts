import {
  type EventStore,
  ParkedError,
  type ReadOptions,
  type Sequence,
  TimeoutError,
} from "../../event/index.ts";
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
    const deadline = deadlineOf(options);
    if (this.position.sequence < sequence) {
      const end = await this.#stored(sequence, deadline, options);
      await this.position.reach(Math.min(sequence, end), deadline, options);
    }
    await this.#assertNotParked(sequence, within(deadline, options));
  }

  /**
   * Wait until something is stored at a sequence or beyond it. What is not selected never comes to
   * the projection: then the last selected commit is as far as it goes.
   * @returns the sequence of the last selected commit
   */
  async #stored(sequence: Sequence, deadline: Deadline, options: WaitOptions): Promise<Sequence> {
    for (let attempt = 0, stored = false; ; attempt++) {
      const end = await this.#store.end(this.#projection.events, within(deadline, options));
      if (stored || end >= sequence || this.position.sequence >= sequence) return end;
      stored = await this.#isStored(sequence, within(deadline, options));
      // A commit that was stored between the two questions is in the end that is asked for again.
      if (stored) continue;
      this.position.assertGoesOn();
      if (deadline.leftMs() <= 0) throw this.#notStored(sequence, deadline);
      await backOff(attempt, deadline, options.signal, { firstMs: 20, longestMs: 1_000 });
    }
  }

  /** Whether something is, or was, stored at a sequence or beyond it. */
  async #isStored(sequence: Sequence, options: ReadOptions): Promise<boolean> {
    if ((await this.#store.stampAt(sequence, options)) !== undefined) return true;
    return ((await this.#store.lastSequence?.(options)) ?? 0) >= sequence;
  }

  #notStored(sequence: Sequence, { budgetMs }: Deadline): TimeoutError {
    const what = `projection "${this.#projection.name}" did not reach ${sequence}`;
    return new TimeoutError(`${what} within ${budgetMs} ms: nothing is stored there`);
  }

  async caughtUp(options: WaitOptions): Promise<void> {
    checkWait(options);
    const deadline = deadlineOf(options);
    const end = await this.#store.end(this.#projection.events, within(deadline, options));
    await this.position.reach(end, deadline, options);
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

  async #assertNotParked(sequence: Sequence, options: ReadOptions): Promise<void> {
    const aside = this.#asideOf();
    if (aside === undefined || aside.size === 0) return;
    const { name, events } = this.#projection;
    const commit = await this.#store.at(events, sequence, options);
    if (commit === undefined || !aside.holds(commit, sequence)) return;
    throw new ParkedError(name, commit, sequence);
  }
}

const waitRules: Rules<WaitOptions> = { timeoutMs: isMs, signal: isSignal };

/** @throws {@link InvalidInputError} naming the option */
export function checkWait(options: WaitOptions): void {
  checkOptions("a wait", options, waitRules);
}

/** By when a wait is over. */
export function deadlineOf({ timeoutMs = defaultWaitMs }: WaitOptions): Deadline {
  return deadlineIn(timeoutMs);
}

/** A server has so long to answer, in milliseconds, also in a wait that is shorter: it may be slow. */
const leastAskMs = 2_000;

/** What is asked on the way has what is left of the wait's time. */
function within(deadline: Deadline, { signal }: WaitOptions): ReadOptions {
  const timeoutMs = Math.max(leastAskMs, Math.ceil(deadline.leftMs()));
  return { timeoutMs, ...(signal && { signal }) };
}
