import { ConfigError } from "../../event/index.ts";
import type { Stream } from "../stream.ts";

/** So many heartbeats that tell of a stall which was answered mean that the answer is not let through. */
const maxStalls = 4;

/**
 * Those that come closer together, in milliseconds, count as one: a process that was busy for long is
 * given many at once, sent before it could answer.
 */
const apartMs = 500;

/**
 * The reader's side of a consumer's flow control (ADR-15): the server asks after so many bytes, and
 * goes on sending once it is answered. The answer is given when what came before it was dealt with.
 */
export class FlowControl {
  readonly #stream: Stream;
  #owed: Owed[] = [];
  #answered: string | undefined;
  #stalls = 0;
  #countedAt = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** An answer is due once so many messages were dealt with. */
  owe(reply: string, after: number): void {
    this.#owed.push({ reply, after });
  }

  /** Give the answers that are due, now that so many messages were dealt with. */
  answer(done: number): void {
    const { connection } = this.#stream;
    while (this.#owed.length > 0 && this.#owed[0]!.after <= done) {
      const { reply } = this.#owed.shift()!;
      if (!connection.isClosed()) connection.publish(reply);
      if (reply !== this.#answered) this.#countedAt = performance.now();
      this.#answered = reply;
    }
  }

  /** A message came, so the server is not stalled. */
  flows(): void {
    this.#stalls = 0;
  }

  /**
   * The server says that it waits for an answer: it is owed, unless it is already.
   * @returns what is wrong, when it was given again and again: the right to give it is missing
   */
  stalled(reply: string, after: number): ConfigError | undefined {
    this.#count(reply);
    if (this.#stalls >= maxStalls) {
      const right = `$JS.FC.${this.#stream.name}.>`;
      return new ConfigError(`the connection may not publish on ${right}: flow control stalls`);
    }
    if (!this.#owed.some((owed) => owed.reply === reply)) this.owe(reply, after);
    return undefined;
  }

  #count(reply: string): void {
    if (reply !== this.#answered) this.#stalls = 0;
    else if (performance.now() - this.#countedAt > apartMs) this.#stalls++;
    else return;
    this.#countedAt = performance.now();
  }
}

interface Owed {
  readonly reply: string;
  readonly after: number;
}
