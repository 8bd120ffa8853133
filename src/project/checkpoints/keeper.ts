import { errorText } from "../../event/error-text.ts";
import type { EventStore, Sequence } from "../../event/index.ts";
import { startTimer, type StopTimer } from "../../event/backend/timer.ts";
import { register, type RegisteredProjection } from "../../event/registry.ts";
import type { Aside } from "../parking/aside.ts";
import { isOutage } from "../run/handler-failure.ts";
import type { Ledger } from "../run/ledger.ts";
import { unregisterBefore } from "./before-homes.ts";
import type { Activation, Checkpoint, ResumedCheckpoint, Step } from "./checkpoint.ts";

/** A handled commit is in the checkpoint after this at the latest, in milliseconds. */
const saveMs = 200;

/** The registry hears of a new position no more often than this, in milliseconds. */
const registerMs = 5_000;

/** What a keeper needs to know. */
export interface KeeperOptions {
  readonly store: Pick<EventStore, "projections" | "onWarning" | "stampAt">;
  /** How it is registered, as things are; undefined when its checkpoints are not durable. */
  readonly entry: (() => Omit<RegisteredProjection, "position">) | undefined;
  readonly ledger: Ledger;
  readonly aside: Aside;
  /** It is the active version, or was it when that was said last. */
  readonly active: boolean;
  /** Called when a save that nobody awaits fails: the projection must stop. */
  readonly onError: (error: unknown) => void;
}

/**
 * Writes a projection's steps and, behind it, the checkpoints that have no work with them; then
 * tells the registry: never ahead of what was handled, one write at a time.
 */
export class CheckpointKeeper<Tx> {
  readonly #resumed: ResumedCheckpoint<Tx>;
  readonly #options: KeeperOptions;
  #givenUp = false;
  /** The checkpoint has changed since it was written. */
  #changed = false;
  #written: Sequence = 0;
  #writing: Promise<unknown> = Promise.resolve();
  #stopTimer: StopTimer | undefined;
  /** Saved, but the registry has not heard of it. */
  #unregistered: Sequence | undefined;
  #stopRegisterTimer: StopTimer | undefined;
  #registeredAt = -Infinity;
  /** See `RegisteredProjection.active`. */
  #active: boolean;

  constructor(resumed: ResumedCheckpoint<Tx>, options: KeeperOptions) {
    this.#resumed = resumed;
    this.#options = options;
    this.#active = options.active;
  }

  /** The checkpoint has changed; it is saved soon. */
  note(): void {
    this.#changed = true;
    this.#schedule();
  }

  /** Do a step's work and save its checkpoint now. @throws as {@link ResumedCheckpoint.write} */
  write(step: Step<Tx>): Promise<void> {
    return this.#inTurn(async () => {
      // Work that handles commits moves the position to one of them.
      if (step.work === undefined || step.park !== undefined) await this.#stamp();
      await this.#counting(step, () => this.#resumed.write(step));
      this.#wrote(step.checkpoint());
    });
  }

  /** @throws as {@link ResumedCheckpoint.activate} */
  activate(step: Step<Tx>): Promise<Activation> {
    return this.#inTurn(async () => {
      await this.#stamp();
      const activation = await this.#counting(step, () => this.#resumed.activate(step));
      if (activation.kind === "behind") return activation;
      this.#active = true;
      // Should its own record be lost, this tells that it is the active one: soon.
      this.#registeredAt = -Infinity;
      this.#wrote(step.checkpoint());
      return activation;
    });
  }

  /** Save what has changed, now. @throws as {@link ResumedCheckpoint.write} */
  save(): Promise<void> {
    return this.#save();
  }

  /** Save what is not saved yet, and register it. */
  async flush(): Promise<void> {
    this.stop();
    await this.#save(true);
    this.stop();
  }

  /** Leave no timer behind; what is not saved yet is not. */
  stop(): void {
    this.#stopTimer?.();
    this.#stopRegisterTimer?.();
    this.#stopTimer = undefined;
  }

  /** It is not waited for any more: no timer is left behind by what still comes. */
  giveUp(): void {
    this.#givenUp = true;
    this.stop();
  }

  /** Enter the registry before the first event, so that no truncation overtakes the start. */
  async enter(position: Sequence): Promise<void> {
    const { store, entry } = this.#options;
    await this.#register(position);
    if (entry !== undefined) await unregisterBefore(store.projections, entry(), position);
  }

  async #register(position: Sequence): Promise<void> {
    const { store, entry } = this.#options;
    if (entry === undefined) return;
    this.#registeredAt = performance.now();
    await register(store.projections, { ...entry(), position, active: this.#active });
  }

  /** A step's checkpoint says what is set aside after it; where it may have failed, not more than is. */
  async #counting<T>(step: Step<Tx>, write: () => Promise<T>): Promise<T> {
    const { ledger, aside } = this.#options;
    if (step.park === undefined && step.release === undefined) return write();
    const before = ledger.parked;
    const after = aside.sizeAfter(step);
    ledger.parked = after;
    try {
      return await write();
    } catch (error) {
      ledger.parked = Math.min(before, after);
      throw error;
    }
  }

  #wrote(checkpoint: Checkpoint): void {
    this.#written = checkpoint.sequence;
    this.#unregistered = doneUpTo(checkpoint);
    if (this.#options.entry !== undefined) this.#schedule();
  }

  #schedule(): void {
    if (this.#givenUp) return;
    this.#stopTimer ??= startTimer(saveMs, () => {
      this.#stopTimer = undefined;
      this.#save().catch((error: unknown) => this.#retry(error));
    });
  }

  /** A server that is away is waited for, as the subscription does; anything else stops the projection. */
  #retry(error: unknown): void {
    const { store, onError } = this.#options;
    if (!isOutage(error)) return onError(error);
    const message = `the checkpoint waits for the server: ${errorText(error)}`;
    store.onWarning({ code: "checkpoint", message, cause: error });
    this.#schedule();
  }

  /** @param last - nothing comes after it: it is registered at once */
  #save(last = false): Promise<void> {
    return this.#inTurn(async () => {
      // What was written just now is not known everywhere yet.
      const isBehind = this.#options.ledger.sequence < this.#written;
      if (isBehind && !last) return this.#schedule();
      if (this.#changed && !isBehind) {
        this.#changed = false;
        await this.#saveChanged();
      }
      await this.#registerWhenDue(last);
    });
  }

  async #saveChanged(): Promise<void> {
    try {
      await this.#stamp();
      const checkpoint = this.#options.ledger.checkpoint();
      await this.#resumed.write({ checkpoint: () => checkpoint });
      this.#unregistered = doneUpTo(checkpoint);
    } catch (error) {
      this.#changed = true;
      throw error;
    }
  }

  /** A position after the last handled commit is proved by what lies there, selected or not. */
  async #stamp(): Promise<void> {
    const { ledger, store } = this.#options;
    const { sequence } = ledger;
    if (!ledger.lacksStamp) return;
    const stamp = await store.stampAt(sequence);
    if (stamp !== undefined) ledger.stamped(sequence, stamp);
  }

  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(write);
    this.#writing = done.catch(() => undefined);
    return done;
  }

  /** Also when nothing more comes: truncation waits for what the registry says. */
  async #registerWhenDue(now: boolean): Promise<void> {
    const position = this.#unregistered;
    this.#stopRegisterTimer?.();
    if (position === undefined) return;
    const waitMs = this.#registeredAt + registerMs - performance.now();
    if (waitMs > 0 && !now) {
      this.#stopRegisterTimer = startTimer(waitMs, () => this.#schedule());
      return;
    }
    await this.#register(position);
    this.#unregistered = undefined;
  }
}

/** Side effects that are still to come need their commits, too. */
function doneUpTo({ sequence, effects = sequence }: Checkpoint): Sequence {
  return Math.min(sequence, effects);
}
