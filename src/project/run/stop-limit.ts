import { checkOptions, isMs, type Rules } from "../../event/arguments.ts";
import type { Warn } from "../../event/backend/index.ts";
import { startTimer, type StopTimer } from "../../event/backend/timer.ts";
import type { StopOptions } from "../running.ts";

/** In milliseconds. */
const defaultStopMs = 10_000;

const again = "What is not in the checkpoint is handled again";

const stopRules: Rules<StopOptions> = { timeoutMs: isMs };

/** How long a projection that is to stop is waited for. */
export class StopLimit {
  readonly #giveUp: () => Promise<void>;
  readonly #warn: Warn;
  #givenUp!: (done: Promise<void>) => void;
  readonly #late: Promise<void> = new Promise<void>((resolve) => (this.#givenUp = resolve));
  #unlimit: StopTimer = () => undefined;
  #isOver = false;

  /** @param giveUp - done when the time is over; throws what the projection has failed at */
  constructor(giveUp: () => Promise<void>, warn: Warn) {
    this.#giveUp = giveUp;
    this.#warn = warn;
  }

  /** From now on it may take so long. @throws {@link InvalidInputError} naming the option */
  begin(options: StopOptions = {}): void {
    checkOptions("stop", options, stopRules);
    if (this.#isOver) return;
    const { timeoutMs = defaultStopMs } = options;
    this.#unlimit();
    this.#unlimit = startTimer(timeoutMs, () => {
      const why = "a handler, or what keeps its checkpoint, does not answer";
      const message = `a projection did not stop within ${timeoutMs} ms: ${why}. ${again}`;
      this.#warn({ code: "stop", message });
      this.#givenUp(this.#giveUp());
    });
  }

  /** Wait for what runs until the time is over. @throws what it throws, or what giving up throws */
  async of(running: Promise<void>): Promise<void> {
    try {
      await Promise.race([running, this.#late]);
    } finally {
      this.#isOver = true;
      this.#unlimit();
    }
  }
}
