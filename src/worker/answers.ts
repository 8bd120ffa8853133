import { type AggregateRef, InvalidInputError } from "../event/index.ts";
import type { Running } from "../project/index.ts";
import { formOf } from "./error-form.ts";
import type { ToMain, ToWorker } from "./messages.ts";
import { notSent } from "./requests.ts";
import type { Teller } from "./teller.ts";
import { unwrap } from "./transfer.ts";
import type { Queries } from "./worker-module.ts";

type Ask = Extract<ToWorker, { kind: "ask" }>;

/** The main thread keeps the deadlines: no wait in here ends before its own. */
const noDeadlineMs = 2 ** 31 - 1;

/** Answers what the main thread asks. */
export class Answers {
  readonly #running: Running;
  readonly #queries: Queries;
  readonly #teller: Teller;
  readonly #send: (message: ToMain, buffers?: readonly ArrayBuffer[]) => void;
  readonly #asked = new Map<number, AbortController>();

  constructor(
    running: Running,
    queries: Queries,
    teller: Teller,
    send: (message: ToMain, buffers?: readonly ArrayBuffer[]) => void,
  ) {
    this.#running = running;
    this.#queries = queries;
    this.#teller = teller;
    this.#send = send;
  }

  take(message: Exclude<ToWorker, { kind: "stop" }>): void {
    if (message.kind === "ask") void this.#answer(message);
    else this.#asked.get(message.id)?.abort();
  }

  async #answer(ask: Ask): Promise<void> {
    const { id } = ask;
    const abandoned = new AbortController();
    this.#asked.set(id, abandoned);
    try {
      const result = await this.#carryOut(ask, abandoned.signal);
      // What is answered must not be newer than what is told.
      this.#teller.tell();
      if (!abandoned.signal.aborted) this.#sendAnswer(ask, result);
    } catch (error) {
      if (!abandoned.signal.aborted) this.#send({ kind: "error", id, error: formOf(error) });
    } finally {
      this.#asked.delete(id);
    }
  }

  #sendAnswer({ id, args }: Ask, result: unknown): void {
    try {
      const { value, buffers } = unwrap(result);
      this.#send({ kind: "answer", id, value }, buffers);
    } catch (cause) {
      throw notSent(`result of query "${String(args[0])}"`, result, cause);
    }
  }

  async #carryOut({ question, args }: Ask, signal: AbortSignal): Promise<unknown> {
    const running = this.#running;
    const waiting = { signal, timeoutMs: noDeadlineMs };
    const [first] = args;
    switch (question) {
      case "query":
        return this.#query(String(first), args[1] as never[]);
      case "reached":
        return running.reached(first as number, waiting);
      case "caughtUp":
        return running.caughtUp(waiting);
      case "activated":
        return running.activated(waiting);
      case "lag":
        return running.lag();
      case "progress":
        return running.progress();
      case "parked":
        return running.parked.list();
      case "retry":
        return running.parked.retry(first as AggregateRef | undefined);
      case "discard":
        return running.parked.discard(first as AggregateRef);
    }
  }

  #query(name: string, args: never[]): unknown {
    const queries = this.#queries;
    if (Object.hasOwn(queries, name) && typeof queries[name] === "function") {
      return queries[name](...args);
    }
    const names = Object.keys(queries).map((known) => `"${known}"`);
    const rule = names.length === 0 ? "must not be asked here" : `must be ${names.join(" or ")}`;
    throw new InvalidInputError("query", rule, name);
  }
}
