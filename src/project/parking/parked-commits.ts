import {
  type AggregateRef,
  isJetfoldError,
  NotFoundError,
  NotRunningError,
  StandbyError,
} from "../../event/index.ts";
import { doEffects } from "../run/effects.ts";
import { causeOf, isOutage } from "../run/handler-failure.ts";
import { checkArgument, type Rule } from "../../event/arguments.ts";
import type { Job } from "../run/job.ts";
import type { InTurn } from "../run/read.ts";
import type { Parked, RunState } from "../running.ts";
import type { Aside } from "./aside.ts";
import type { ParkedCommit } from "./parked.ts";
import { type Resolution, resolve } from "./retry.ts";

function throwCause(error: unknown): never {
  throw causeOf(error);
}

/**
 * What would end the projection in its loop ends it here as well: a handler that has ended its
 * transaction, say, must not be called again.
 * @returns throws the error
 */
function stopping<Tx>(job: Job<Tx>): (error: unknown) => Promise<never> {
  return async (error) => {
    const passes = isOutage(error) || isJetfoldError(error, "invalid-input") || job.signal.aborted;
    if (!passes) await job.onError(error);
    throw error;
  };
}

const isAggregate: Rule = (value) => {
  const { family, id } = (value ?? {}) as Partial<AggregateRef>;
  const named = typeof family === "string" && typeof id === "string";
  return named ? undefined : "must be { family, id } of an aggregate";
};

/** What a running projection has set aside, for its users. */
export class ParkedCommits<Tx> implements Parked {
  readonly #asideOf: () => Aside | undefined;
  readonly #jobOf: () => Job<Tx> | undefined;
  readonly #inTurn: InTurn;
  readonly #stateOf: () => RunState;

  /**
   * @param asideOf - what is set aside, as far as it is known
   * @param jobOf - the projection's, once it has begun
   * @param inTurn - keeps other commits from being handled meanwhile
   */
  constructor(
    asideOf: () => Aside | undefined,
    jobOf: () => Job<Tx> | undefined,
    inTurn: InTurn,
    stateOf: () => RunState,
  ) {
    this.#stateOf = stateOf;
    this.#asideOf = asideOf;
    this.#jobOf = jobOf;
    this.#inTurn = inTurn;
  }

  list(): readonly ParkedCommit[] {
    return this.#asideOf()?.list() ?? [];
  }

  retry(aggregate?: AggregateRef): Promise<readonly ParkedCommit[]> {
    return this.#resolve("retry", aggregate);
  }

  async discard(aggregate: AggregateRef): Promise<readonly ParkedCommit[]> {
    // What is given up is gone: one that was not found by its caller does not mean all of them.
    checkArgument("aggregate", aggregate, isAggregate);
    return this.#resolve("discard", aggregate);
  }

  async #resolve(
    resolution: Resolution,
    aggregate: AggregateRef | undefined,
  ): Promise<readonly ParkedCommit[]> {
    const job = this.#jobOf();
    if (job === undefined || job.signal.aborted) throw this.#notHere();
    if (aggregate !== undefined) checkArgument("aggregate", aggregate, isAggregate);
    const one = aggregate && job.aside.get(aggregate);
    if (aggregate !== undefined && one === undefined) {
      throw new NotFoundError(aggregate, "has nothing parked");
    }
    const remaining: ParkedCommit[] = [];
    for (const { family, id } of one === undefined ? this.list() : [one]) {
      const left = await this.#inTurn(async () => {
        if (job.signal.aborted) throw this.#notHere();
        // So that what is discarded is not among what still has side effects to be done.
        await doEffects(job).catch(throwCause);
        const parked = job.aside.get({ family, id });
        return parked && resolve(job, parked, resolution).catch(stopping(job));
      });
      if (left !== undefined) remaining.push(left);
    }
    return remaining;
  }

  #notHere(): Error {
    if (this.#stateOf() === "standby") {
      return new StandbyError("the projection stands by: ask the process that runs it");
    }
    return new NotRunningError(`the projection is not running here: it is ${this.#stateOf()}`);
  }
}
