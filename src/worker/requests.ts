import {
  InvalidInputError,
  isJetfoldError,
  NotRunningError,
  TimeoutError,
  WorkerCrashedError,
} from "../event/index.ts";
import { onAbort } from "../event/backend/index.ts";
import { startTimer } from "../event/backend/timer.ts";
import type { WaitOptions } from "../project/index.ts";
import { checkWait } from "../project/run/watch.ts";
import type { Question, ToWorker } from "./messages.ts";
import { unwrap } from "./transfer.ts";

/** How a message goes to the present thread. */
export type Send = (message: ToWorker, buffers?: readonly ArrayBuffer[]) => void;

const defaultWaitMs = 10_000;

/** Whose repetition changes nothing: they are asked of the next thread too. */
const lasting: ReadonlySet<Question> = new Set<Question>([
  "reached",
  "caughtUp",
  "activated",
  "lag",
  "progress",
  "parked",
]);

interface Request {
  readonly id: number;
  readonly question: Question;
  readonly args: readonly unknown[];
  sent: boolean;
  settle(outcome: { readonly value?: unknown; readonly error?: unknown }): void;
}

/** What was asked of a worker and is not answered yet, over all its threads. */
export class Requests {
  readonly #describe: () => string;
  readonly #waiting = new Map<number, Request>();
  #send: Send | undefined;
  #ended: NotRunningError | undefined;
  #asked = 0;

  /** @param describe - who is asked, for errors */
  constructor(describe: () => string) {
    this.#describe = describe;
  }

  /**
   * Ask as soon as there is a thread.
   * @throws {@link TimeoutError}; {@link NotRunningError} when the worker has ended;
   *   {@link WorkerCrashedError} when its thread ended before it had answered
   * @throws {@link InvalidInputError} for an option that breaks its rule; the signal's reason when aborted
   */
  async ask(
    question: Question,
    args: readonly unknown[],
    options: WaitOptions = {},
  ): Promise<unknown> {
    checkWait(options);
    const { timeoutMs = defaultWaitMs, signal } = options;
    signal?.throwIfAborted();
    if (this.#ended !== undefined) throw this.#ended;
    return new Promise((resolve, reject) => {
      const id = ++this.#asked;
      const settle: Request["settle"] = (outcome) => {
        stopTimer();
        stopListening();
        this.#waiting.delete(id);
        if ("error" in outcome) reject(outcome.error);
        else resolve(outcome.value);
      };
      const request = { id, question, args, sent: false, settle };
      const give = (error: unknown): void => this.#abandon(request, error);
      const stopTimer = startTimer(timeoutMs, () => give(this.#timeout(request, timeoutMs)));
      this.#waiting.set(id, request);
      const stopListening = onAbort(signal, () => give(signal?.reason));
      this.#dispatch(request);
    });
  }

  /** There is a thread: ask it what waits. */
  connect(send: Send): void {
    this.#send = send;
    for (const request of [...this.#waiting.values()]) this.#dispatch(request);
  }

  /** There is none. What may have been done already is not asked again. */
  disconnect(cause: unknown): void {
    this.#send = undefined;
    for (const request of [...this.#waiting.values()]) {
      const { sent, question, settle } = request;
      request.sent = false;
      if (!sent || lasting.has(question)) continue;
      const message = `${this.#describe()} ended before it had answered`;
      settle({ error: new WorkerCrashedError(message, { cause }) });
    }
  }

  /** There will be none any more. */
  end(cause: unknown): void {
    const message = `${this.#describe()} has ended`;
    this.#ended = new NotRunningError(message, cause === undefined ? {} : { cause });
    for (const { settle } of [...this.#waiting.values()]) settle({ error: this.#ended });
  }

  answer(id: number, outcome: { readonly value: unknown } | { readonly error: unknown }): void {
    this.#waiting.get(id)?.settle(outcome);
  }

  #abandon(request: Request, error: unknown): void {
    if (request.sent) this.#send?.({ kind: "abandon", id: request.id });
    request.settle({ error });
  }

  #dispatch(request: Request): void {
    if (this.#send === undefined) return;
    const { id, question, args, settle } = request;
    try {
      const { args: sent, buffers } = unwrapAll(question, args);
      this.#send({ kind: "ask", id, question, args: sent }, buffers);
      request.sent = true;
    } catch (cause) {
      settle({ error: notSent(`arguments of ${what(request)}`, args, cause) });
    }
  }

  /** A message could not be read, here or by the thread, and does not say which one it was. */
  unread(cause: unknown): void {
    for (const request of [...this.#waiting.values()]) {
      if (!request.sent || request.question !== "query") continue;
      const field = `arguments or result of ${what(request)}`;
      const rule =
        "must be something that another thread can read, as those of all asked meanwhile";
      request.settle({ error: new InvalidInputError(field, rule, request.args, { cause }) });
    }
  }

  #timeout(request: Request, timeoutMs: number): TimeoutError {
    const answer = `did not answer ${what(request)} within ${timeoutMs} ms`;
    return new TimeoutError(`${this.#describe()} ${answer}`);
  }
}

function what({ question, args }: Request): string {
  if (question === "query") return `query "${String(args[0])}"`;
  return question === "reached" ? `reached(${String(args[0])})` : question;
}

/** What can't be sent is the sender's mistake, in words that name it. */
export function notSent(field: string, value: unknown, cause: unknown): InvalidInputError {
  if (isJetfoldError(cause, "invalid-input")) {
    return new InvalidInputError(`${field}: ${cause.field}`, cause.rule, cause.value, { cause });
  }
  return new InvalidInputError(field, "must be something that can be cloned", value, { cause });
}

/** Arguments as they are sent, and what is moved with them. */
function unwrapAll(question: Question, args: readonly unknown[]) {
  if (question !== "query") return { args, buffers: [] };
  const [name, given] = args as [string, readonly unknown[]];
  const unwrapped = given.map(unwrap);
  return {
    args: [name, unwrapped.map(({ value }) => value)],
    // Several arguments may show one.
    buffers: [...new Set(unwrapped.flatMap(({ buffers }) => buffers))],
  };
}
