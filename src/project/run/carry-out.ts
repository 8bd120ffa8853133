import { isJetfoldError } from "../../event/index.ts";
import type { Step } from "../checkpoints/checkpoint.ts";
import { HandlerFailure } from "./handler-failure.ts";
import { type Job, throughOutages } from "./job.ts";

/**
 * Write a step, however long what keeps the checkpoint is away.
 *
 * What its database refuses at the end of the step's work (a deferred constraint, a transaction that
 * is aborted because the handler caught an error of it) is the handler's failure, too.
 * @throws as `ResumedCheckpoint.write`; {@link HandlerFailure}
 */
export function carryOut<Tx>(job: Job<Tx>, step: Step<Tx>): Promise<void> {
  const { keeper, handler } = job;
  return throughOutages(job, async () => {
    try {
      await keeper.write(step);
    } catch (error) {
      job.signal.throwIfAborted();
      const ofHandler = step.work !== undefined && !isJetfoldError(error);
      if (!ofHandler || error instanceof HandlerFailure) throw error;
      throw new HandlerFailure(error, handler.current);
    }
  });
}
