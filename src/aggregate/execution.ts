import { copyOf } from "../event/copy.ts";
import { noMetadata } from "../event/metadata.ts";
import {
  checkId,
  checkName,
  type Commit,
  defaultBudgetMs,
  type DomainEvent,
  type Metadata,
  newId,
  type Revision,
  TimeoutError,
  UnavailableError,
} from "../event/index.ts";
import { type Deadline, deadlineIn, onAbort } from "../event/backend/index.ts";
import { startTimer, type StopTimer } from "../event/backend/timer.ts";
import {
  checkedThere,
  checkOptions,
  isFlag,
  isPlainObject,
  isSequence,
  isSignal,
  isValidDate,
  type Rules,
} from "../event/arguments.ts";
import { checkBudget } from "../event/sequence.ts";
import type { Turn } from "../event/turns.ts";
import type { Foldable } from "./aggregate.ts";
import type { DecisionSeed } from "./decision.ts";
import { handOutWith, type Root } from "./root.ts";

/** How a command is carried out. */
export interface ExecuteOptions {
  readonly metadata?: Metadata;
  /**
   * Names this execution for ever. Given again (after a crash, on a redelivery), the commit that
   * is already stored under it is the result and nothing is decided; it is looked for in what is
   * kept of the aggregate, which costs a read of its history.
   * @default a new UUID
   */
  readonly commitId?: string;
  /**
   * Store a digest of the command with its commit (`jetfoldCommand` in its metadata), and hold it
   * against this command where a commit is stored under `commitId` already: another command is a
   * CommitIdReusedError in place of the first one's result. What was stored without one is the result,
   * whatever it came of. The command must be something that can be stored.
   * @default false
   */
  readonly compareCommand?: boolean;
  /**
   * How long, in milliseconds, conflicts and unknown outcomes are tried again.
   * @default 15000
   */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
  /** What `process` is told the time is. @default the time of the call */
  readonly now?: Date;
  /**
   * The revision the sender of the command has seen (`root.head.revision`); 0: there is no event yet.
   * The command is decided on that state or not at all.
   * @default whatever it is by then
   */
  readonly expectedRevision?: Revision;
}

/** The root after an execution, with what it did. */
export interface Executed<State, Event extends DomainEvent> extends Root<State> {
  /** The events of the commit that was stored; empty when the command led to none. */
  readonly events: readonly Event[];
}

/** One call of `execute`: what stays the same over all its attempts. */
export interface Execution<Services> {
  readonly commitId: string;
  /** Of the command, when it is to be compared. */
  digest: string | undefined;
  readonly deadline: Deadline;
  /** Its signal aborts with the caller's, or with an UnavailableError when the budget is over. */
  readonly ending: Ending;
  /** The caller's own signal, if any. */
  readonly caller: AbortSignal | undefined;
  readonly seed: DecisionSeed<Services>;
  readonly expectedRevision: Revision | undefined;
  /** Its turn among the commands of its aggregate, once it has come. */
  turn: Turn | undefined;
}

const executeRules: Rules<ExecuteOptions & { readonly services: unknown }> = {
  metadata: isPlainObject,
  commitId: checkedThere,
  compareCommand: isFlag,
  budgetMs: checkedThere,
  signal: isSignal,
  now: isValidDate,
  expectedRevision: isSequence,
  services: checkedThere,
};

/** Check the options and start the clock. */
export function beginExecution<Services>(
  id: string,
  options: ExecuteOptions & { readonly services?: unknown },
  services: Services,
): Execution<Services> {
  checkOptions("execute", options, executeRules);
  const { budgetMs = defaultBudgetMs, signal, metadata, now } = options;
  checkId(id);
  checkBudget(budgetMs);
  const given = options.commitId;
  const commitId = given === undefined ? newId() : checkName("commitId", given);
  signal?.throwIfAborted();
  const deadline = deadlineIn(budgetMs);
  const ending = new Ending(deadline, signal);
  // What is given is kept as it is now, whatever the caller does to it meanwhile.
  const kept = metadata === undefined ? noMetadata : copyOf(metadata);
  const nowCopy = now === undefined ? new Date() : new Date(now);
  const seed = { id, now: nowCopy, metadata: kept, services, ids: [], ending };
  const { expectedRevision } = options;
  return {
    commitId,
    digest: undefined,
    deadline,
    ending,
    caller: signal,
    seed,
    expectedRevision,
    turn: undefined,
  };
}

/**
 * The signal that aborts with the caller's or when the budget is over. It is made when it is first
 * asked for: a command that is carried out at once needs neither a timer nor a signal.
 */
export class Ending {
  readonly #deadline: Deadline;
  readonly #caller: AbortSignal | undefined;
  #controller: AbortController | undefined;
  #stopTimer: StopTimer | undefined;
  #stopListening: (() => void) | undefined;

  constructor(deadline: Deadline, caller: AbortSignal | undefined) {
    this.#deadline = deadline;
    this.#caller = caller;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= this.#begin()).signal;
  }

  /**
   * @param what - was waited for
   * @throws {@link TimeoutError} that names it when the budget is over; the caller's reason when aborted
   */
  assertGoesOn(what: string): void {
    this.#caller?.throwIfAborted();
    if (this.#controller?.signal.aborted !== true) return;
    throw new TimeoutError(`${what} has not settled within ${this.#deadline.budgetMs} ms`);
  }

  /** Leave no timer and no listener behind. */
  end(): void {
    this.#stopTimer?.();
    this.#stopListening?.();
  }

  #begin(): AbortController {
    const controller = new AbortController();
    const { budgetMs } = this.#deadline;
    this.#stopTimer = startTimer(this.#deadline.leftMs(), () =>
      controller.abort(new UnavailableError(`not done within ${budgetMs} ms`)),
    );
    this.#stopListening = onAbort(this.#caller, () => controller.abort(this.#caller?.reason));
    return controller;
  }
}

/** The result of an execution, for the user: a root, and the events of its commit. */
export function executed<State, Event extends DomainEvent>(
  aggregate: Foldable<State, Event>,
  root: Root<State>,
  events: readonly Event[],
): Executed<State, Event> {
  return handOutWith(aggregate, root, { events });
}

/** All events of a stored commit, for the user: nothing else holds what is in them. */
export function eventsOf<Event extends DomainEvent>(commit: Commit<Event>): readonly Event[] {
  return commit.asStored().envelopes.map((envelope) => copyOf(envelope.event as Event));
}
