import { type EventStore, type Sequence, UnavailableError } from "../event/index.ts";
import { register, type RegisteredProjection } from "../event/registry.ts";
import type { Checkpoint, ResumedCheckpoint } from "./checkpoint.ts";

/** A handled commit is in the checkpoint after this at the latest, in milliseconds. */
const saveMs = 200;

/** The registry hears of a new position no more often than this, in milliseconds. */
const registerMs = 5_000;

/**
 * Saves a projection's checkpoint behind it, and then tells the registry: never ahead of what was
 * handled, one save at a time.
 */
export class CheckpointKeeper {
  readonly #resumed: ResumedCheckpoint;
  readonly #store: Pick<EventStore, "projections" | "onWarning">;
  readonly #entry: Omit<RegisteredProjection, "position"> | undefined;
  readonly #onError: (error: unknown) => void;
  #unsaved: Checkpoint | undefined;
  #saving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** Saved, but the registry has not heard of it. */
  #unregistered: Sequence | undefined;
  #registerTimer: NodeJS.Timeout | undefined;
  #registeredAt = -Infinity;

  /**
   * @param entry - how it is registered; undefined when its checkpoints are not durable
   * @param onError - called when a save fails: the projection must stop
   */
  constructor(
    resumed: ResumedCheckpoint,
    store: Pick<EventStore, "projections" | "onWarning">,
    entry: Omit<RegisteredProjection, "position"> | undefined,
    onError: (error: unknown) => void,
  ) {
    this.#resumed = resumed;
    this.#store = store;
    this.#entry = entry;
    this.#onError = onError;
  }

  /** Everything up to here was handled. */
  note(checkpoint: Checkpoint): void {
    this.#unsaved = checkpoint;
    this.#schedule();
  }

  /** Save what is not saved yet, and register it. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#registerTimer);
    this.#timer = undefined;
    this.#registeredAt = -Infinity;
    await this.#save();
  }

  /** Enter the registry before the first event, so that no truncation overtakes the start. */
  async enter(position: number): Promise<void> {
    if (this.#entry === undefined) return;
    this.#registeredAt = performance.now();
    await register(this.#store.projections, { ...this.#entry, position });
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#save().catch((error: unknown) => this.#retry(error));
    }, saveMs);
  }

  /** A server that is away is waited for, as the subscription does; anything else stops the projection. */
  #retry(error: unknown): void {
    if (!(error instanceof UnavailableError)) return this.#onError(error);
    const message = `the checkpoint waits for the server: ${error.message}`;
    this.#store.onWarning({ code: "checkpoint", message, cause: error });
    this.#schedule();
  }

  /** One save at a time; one that failed leaves its checkpoint to the next. */
  #save(): Promise<void> {
    const saved = this.#saving.then(async () => {
      const checkpoint = this.#unsaved;
      if (checkpoint !== undefined) {
        await this.#resumed.save(checkpoint);
        if (this.#unsaved === checkpoint) this.#unsaved = undefined;
        this.#unregistered = checkpoint.sequence;
      }
      await this.#registerWhenDue();
    });
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  /** Also when nothing more comes: truncation waits for what the registry says. */
  async #registerWhenDue(): Promise<void> {
    const position = this.#unregistered;
    clearTimeout(this.#registerTimer);
    if (position === undefined) return;
    const waitMs = this.#registeredAt + registerMs - performance.now();
    if (waitMs > 0) {
      this.#registerTimer = setTimeout(() => this.#schedule(), waitMs);
      return;
    }
    await this.enter(position);
    this.#unregistered = undefined;
  }
}
