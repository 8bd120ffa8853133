import { type EventStore, type Sequence, UnavailableError } from "../../event/index.ts";
import { checkSequence } from "../../event/backend/index.ts";
import type { Aside } from "../parking/aside.ts";
import type { Projection } from "../projection.ts";
import type { Lag, Progress, WaitOptions } from "../running.ts";
import type { Changes } from "./changes.ts";
import { lagOf } from "./lag.ts";
import { Position } from "./position.ts";
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
    if (this.position.sequence < sequence) {
      // What is not selected never comes: then the last selected commit is as far as it goes.
      const end = await this.#store.end(this.#projection.events, signalOf(options));
      await this.position.reach(Math.min(sequence, end), options);
    }
    await this.#assertNotParked(sequence, options);
  }

  async caughtUp(options: WaitOptions): Promise<void> {
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
    throw new UnavailableError(
      `projection "${name}" has set the commit at ${sequence} aside: ` +
        `${commit.family} "${commit.id}" is parked`,
    );
  }
}

function signalOf({ signal }: WaitOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
