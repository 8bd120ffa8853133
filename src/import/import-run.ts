import {
  checkId,
  type EventStore,
  type ImportedCommit,
  InvalidInputError,
  isJetfoldError,
} from "../event/index.ts";
import { checkFamily } from "../event/backend/index.ts";
import { Fifo } from "./fifo.ts";
import type { Halt } from "./halt.ts";
import { type Lane, Lanes, type Waiting } from "./lanes.ts";
import type { Progress } from "./progress.ts";
import { storeCommit, type Writing } from "./store-commit.ts";

/**
 * How many commits are held at most for each one that may be under way, and how many bytes of them:
 * a source that gives one aggregate after the other needs to be seen far ahead to keep many busy.
 */
const heldPerFlight = 32;
const maxHeldBytes = 32 << 20;

/** The commits between the source and the store: each aggregate's one after the other, many at once. */
export class ImportRun {
  readonly lanes: Lanes = new Lanes();
  readonly #writing: Writing;
  readonly #halt: Halt;
  readonly #progress: Progress;
  readonly #maxInFlight: number;
  readonly #ready = new Fifo<Lane>();
  #readyLanes = 0;
  #inFlight = 0;
  #held = 0;
  #heldBytes = 0;
  #waiter: Waiter | undefined;

  constructor(
    store: Pick<EventStore, "importer" | "last" | "at" | "replay">,
    halt: Halt,
    progress: Progress,
    maxInFlight: number,
  ) {
    const importer = store.importer();
    this.#writing = { store, importer, signal: halt.signal, expectsNew: true };
    this.#halt = halt;
    this.#progress = progress;
    this.#maxInFlight = maxInFlight;
  }

  /** May another commit be given, and is there a use for it? One is always taken, however large. */
  get hasRoom(): boolean {
    return this.#readyLanes < this.#maxInFlight && this.#canHold;
  }

  get #canHold(): boolean {
    if (this.#held === 0) return true;
    return this.#held < heldPerFlight * this.#maxInFlight && this.#heldBytes < maxHeldBytes;
  }

  /** Wait until half of what may be under way has nothing to follow it. @throws the reason when halted */
  async room(): Promise<void> {
    await this.#halt.orHalt(
      this.#until(() => this.#readyLanes * 2 < this.#maxInFlight && this.#canHold),
    );
  }

  /** Wait until all that was given is stored. @throws the reason when halted */
  async drained(): Promise<void> {
    await this.#halt.orHalt(this.#until(() => this.#held === 0));
  }

  /** Wait until nothing is under way any more; halted, nothing else is begun. */
  async settled(): Promise<void> {
    await this.#until(() => this.#inFlight === 0);
  }

  /**
   * Take the next commit of the source.
   * @throws {@link InvalidInputError} naming its place in the source and the field
   */
  give(commit: ImportedCommit, index: number): void {
    try {
      this.#take(commit, index);
    } catch (error) {
      throw inSource(error, index);
    }
  }

  #take(commit: ImportedCommit, index: number): void {
    assertCommit(commit);
    const lane = this.lanes.of(commit);
    this.#progress.aggregates = this.lanes.size;
    const first = lane.given + 1;
    const last = lane.given + commit.events.length;
    // Named after the revision: the same for every attempt at this commit, and no other's.
    const prepared = this.#writing.importer.prepare(commit, `import-${first}`);
    lane.given = last;
    this.#held++;
    this.#heldBytes += prepared.bytes;
    if (lane.waiting === undefined) {
      lane.waiting = new Fifo();
      this.#enqueue(lane);
    }
    lane.waiting.push({ prepared, index, first, last });
    this.#start();
  }

  #enqueue(lane: Lane): void {
    this.#ready.push(lane);
    this.#readyLanes++;
  }

  #start(): void {
    while (this.#inFlight < this.#maxInFlight && !this.#halt.halted) {
      const lane = this.#ready.shift();
      if (lane === undefined) return;
      this.#readyLanes--;
      this.#inFlight++;
      void this.#store(lane, lane.waiting!.first!);
    }
  }

  async #store(lane: Lane, waiting: Waiting): Promise<void> {
    try {
      this.#count(await storeCommit(this.#writing, lane, waiting));
    } catch (error) {
      this.#halt.halt(inSource(error, waiting.index));
    }
    lane.waiting!.shift();
    if (lane.waiting!.first === undefined) lane.waiting = undefined;
    else this.#enqueue(lane);
    this.#inFlight--;
    this.#held--;
    this.#heldBytes -= waiting.prepared.bytes;
    this.#start();
    if (this.#waiter?.until()) this.#waiter.resolve();
  }

  #count(became: "stored" | "skipped"): void {
    this.#progress[became]++;
    this.#progress.changed();
  }

  /** Resolves once a condition holds, looked at after every commit. One at a time. */
  #until(until: () => boolean): Promise<void> {
    if (until()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiter = { until, resolve };
    });
  }
}

interface Waiter {
  readonly until: () => boolean;
  readonly resolve: () => void;
}

/** What names an aggregate, and how many revisions there are, must be right before anything else. */
function assertCommit(commit: ImportedCommit): void {
  const given: unknown = commit;
  if (typeof given !== "object" || given === null) {
    throw new InvalidInputError("", "must be a commit", given);
  }
  checkFamily(commit.family);
  checkId(commit.id);
  const events: unknown = commit.events;
  if (!Array.isArray(events) || events.length === 0) {
    throw new InvalidInputError("events", "must be an array of one event or more", events);
  }
}

/** The error, naming where in the source its field is. */
function inSource(error: unknown, index: number): unknown {
  if (!isJetfoldError(error, "invalid-input") || error.field.startsWith("source[")) return error;
  const { field, rule, value } = error;
  const path = field === "" ? `source[${index}]` : `source[${index}].${field}`;
  return new InvalidInputError(path, rule, value, { cause: error });
}
