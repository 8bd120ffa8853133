import type { EventStore, Sequence } from "../event/index.ts";
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
  readonly #store: Pick<EventStore, "projections">;
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
    store: Pick<EventStore, "projections">,
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
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#save().catch(this.#onError);
    }, saveMs);
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

  #save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      const checkpoint = this.#unsaved;
      this.#unsaved = undefined;
      if (checkpoint !== undefined) {
        await this.#resumed.save(checkpoint);
        this.#unregistered = checkpoint.sequence;
      }
      await this.#registerWhenDue();
    });
    return this.#saving;
  }

  /** Also when nothing more comes: truncation waits for what the registry says. */
  async #registerWhenDue(): Promise<void> {
    const position = this.#unregistered;
    clearTimeout(this.#registerTimer);
    if (position === undefined) return;
    const waitMs = this.#registeredAt + registerMs - performance.now();
    if (waitMs > 0) {
      this.#registerTimer = setTimeout(() => {
        this.#save().catch(this.#onError);
      }, waitMs);
      return;
    }
    this.#unregistered = undefined;
    await this.enter(position);
  }
}
