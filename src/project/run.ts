import type { Delivery, DomainEvent, EventStore, Sequence } from "../event/index.ts";
import { checkSequence, onAbort } from "../event/backend/index.ts";
import type { Checkpoint, Checkpoints, ResumedCheckpoint } from "./checkpoint.ts";
import { CheckpointKeeper } from "./checkpoint-keeper.ts";
import { CommitHandler } from "./commit-handler.ts";
import { Position } from "./position.ts";
import type { Projection } from "./projection.ts";
import type { Running, RunState, WaitOptions } from "./running.ts";
import { familiesOf, selectedBy } from "./selected-by.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

/** A projection at work: one loop over one subscription. */
export class Run implements Running {
  readonly done: Promise<void>;
  readonly #store: EventStore;
  readonly #projection: Projection;
  readonly #checkpoints: Checkpoints;
  readonly #after: Sequence | "new";
  readonly #position: Position;
  readonly #selects: readonly string[];
  #handler: CommitHandler;
  readonly #stopping = new AbortController();
  #state: RunState = "catching-up";
  #error: unknown;
  #handled = 0;
  #lastCommit: Checkpoint["lastCommit"];

  constructor(
    store: EventStore,
    projection: Projection,
    checkpoints: Checkpoints,
    after: Sequence | "new",
    signal: AbortSignal | undefined,
  ) {
    this.#store = store;
    this.#projection = projection;
    this.#handler = new CommitHandler(projection);
    this.#selects = selectedBy(projection.events);
    this.#checkpoints = checkpoints;
    this.#after = after;
    this.#position = new Position(`projection "${projection.name}"`, 0);
    const stopListening = onAbort(signal, () => this.#stopping.abort());
    this.done = this.#run().finally(stopListening);
    this.done.catch(() => undefined);
  }

  get state(): RunState {
    return this.#state;
  }

  get position(): Sequence {
    return this.#position.sequence;
  }

  get handled(): number {
    return this.#handled;
  }

  get error(): unknown {
    return this.#error;
  }

  async reached(sequence: Sequence, options: WaitOptions = {}): Promise<void> {
    checkSequence("sequence", sequence);
    if (this.#position.sequence >= sequence) return;
    // What is not selected never comes: then the last selected commit is as far as it goes.
    const end = await this.#store.end(this.#projection.events);
    await this.#position.reach(Math.min(sequence, end), options);
  }

  async caughtUp(options: WaitOptions = {}): Promise<void> {
    await this.#position.reach(await this.#store.end(this.#projection.events), options);
  }

  async lag(): Promise<number> {
    const end = await this.#store.end(this.#projection.events);
    return Math.max(0, end - this.#position.sequence);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.done.catch(() => undefined);
  }

  async #run(): Promise<void> {
    let keeper: CheckpointKeeper | undefined;
    try {
      const resumed = await this.#resume();
      keeper = this.#keeperOf(resumed);
      await keeper.enter(this.#position.sequence);
      for await (const delivery of this.#deliveries(resumed)) await this.#take(delivery, keeper);
    } catch (error) {
      this.#fail(error);
    }
    try {
      await keeper?.flush();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#state !== "failed") this.#state = "stopped";
    this.#position.end(this.#error);
    if (this.#state === "failed") throw this.#error;
  }

  async #resume(): Promise<ResumedCheckpoint> {
    const { name, version } = this.#projection;
    const resumed = await this.#checkpoints.resume({ name, version });
    if (resumed.at !== undefined) {
      await verifyCheckpoint(this.#store, this.#projection, resumed.at);
      this.#handler = new CommitHandler(this.#projection, resumed.at.cut);
      this.#lastCommit = resumed.at.lastCommit;
      this.#position.advance(resumed.at.sequence);
    } else if (this.#after !== "new") this.#position.advance(this.#after);
    return resumed;
  }

  #deliveries({ at }: ResumedCheckpoint): AsyncIterable<Delivery<DomainEvent>> {
    const { events, poison } = this.#projection;
    const after = at?.sequence ?? this.#after;
    const { signal } = this.#stopping;
    return this.#store.subscribe(events, { after, signal, ...(poison && { poison }) }).deliveries();
  }

  async #take(delivery: Delivery<DomainEvent>, keeper: CheckpointKeeper): Promise<void> {
    const { sequence } = delivery;
    if (delivery.kind === "commit") {
      this.#handled += await this.#handler.handle(delivery);
      this.#lastCommit = { sequence, commitId: delivery.commitId };
    } else if (delivery.caughtUp && this.#state === "catching-up") {
      this.#handler.assertWhole();
      this.#state = "live";
    }
    this.#position.advance(sequence);
    const { storeId } = this.#store;
    const selects = this.#selects;
    const { cut } = this.#handler;
    const lastCommit = this.#lastCommit && { lastCommit: this.#lastCommit };
    keeper.note({ storeId, sequence, selects, ...(cut.length > 0 && { cut }), ...lastCommit });
  }

  #keeperOf(resumed: ResumedCheckpoint): CheckpointKeeper {
    const { name, version, events } = this.#projection;
    const entry = { name, version, families: familiesOf(events) };
    const registering = this.#checkpoints.durable ? entry : undefined;
    return new CheckpointKeeper(resumed, this.#store, registering, (error) => {
      this.#fail(error);
      this.#stopping.abort();
    });
  }

  #fail(error: unknown): void {
    if (this.#state === "failed") return;
    this.#state = "failed";
    this.#error = error;
  }
}
