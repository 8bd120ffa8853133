/**
 * The lines that the server appends last to a header block, in this order and side by side (ADR-31,
 * nats-server 2.15):
 *
 *     Nats-Stream: bank
 *     Nats-Subject: bank.Account.ada
 *     Nats-Sequence: 7
 *     Nats-Time-Stamp: 2026-01-01T00:00:00.123456789Z
 *     Nats-Num-Pending: 3
 *     Nats-Last-Sequence: 6
 *
 * The last two are a page's. What stands above them is the stored message's own. They are read one
 * after another, as bytes where they stand.
 */
export class ServerLines {
  readonly #bytes: Buffer;
  readonly #end: number;
  /** Where the line after the stream's begins; -1 when there is none. */
  readonly #start: number;
  /** Where the next line begins. */
  #at: number;
  /** Where the value that was read last begins and ends. */
  #from = 0;
  #to = 0;

  /** @param end - where the block ends, with an empty line */
  constructor(bytes: Buffer, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#start = this.#at = startOf(bytes, end);
  }

  /** Does the line before these name this stream? It need not begin as a line: see {@link believe}. */
  isOf(stream: string): boolean {
    const at = this.#start - 2 - stream.length;
    return holds(this.#bytes, at, stream) && holds(this.#bytes, at - streamLine.length, streamLine);
  }

  /** The stream which that line names; undefined when it is another line. */
  get stream(): string | undefined {
    const at = this.#bytes.lastIndexOf(streamLine, this.#start);
    const name =
      at < 0 ? "" : this.#bytes.toString("latin1", at + streamLine.length, this.#start - 2);
    return name === "" || name.includes("\n") ? undefined : name;
  }

  /** The value of the next line; empty when it is another one. */
  text(line: string): string {
    return this.#next(line) ? this.#bytes.toString("latin1", this.#from, this.#to) : "";
  }

  /** NaN when it is another line, or no whole number that can be told exactly. */
  number(line: string): number {
    if (!this.#next(line)) return NaN;
    const value = digits(this.#bytes, this.#from, this.#to);
    return Number.isSafeInteger(value) ? value : NaN;
  }

  /** In whole milliseconds; NaN when it is another line, or no time in UTC. */
  time(line: string): number {
    return this.#next(line) ? timeOf(this.#bytes, this.#from, this.#to) : NaN;
  }

  #next(line: string): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    if (!holds(bytes, at, line)) return false;
    const from = at + line.length;
    let to = from;
    while (bytes[to] !== cr) if (++to >= this.#end) return false;
    this.#from = from;
    this.#to = to;
    this.#at = to + 2;
    return true;
  }
}

const streamLine = "Nats-Stream: ";
const subjectLine = "Nats-Subject: ";

const cr = 0x0d;
const lf = 0x0a;
const z = 0x5a;
const dot = 0x2e;

/** From the end of a block back, line by line, to the subject's; it is the fifth at most. */
function startOf(bytes: Buffer, end: number): number {
  let at = end - 2;
  for (let lines = 0; lines < 5; lines++) {
    let start = at - 2;
    while (start > 0 && bytes[start - 1] !== lf) start--;
    if (start <= 0) return -1;
    if (holds(bytes, start, subjectLine)) return start;
    at = start;
  }
  return -1;
}

/** Does this text stand there? */
function holds(bytes: Buffer, at: number, text: string): boolean {
  if (at < 0 || at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The number that these digits are; NaN for none, or for anything else. */
function digits(bytes: Buffer, from: number, to: number): number {
  if (from >= to) return NaN;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** `2026-01-01T00:00:00.123456789Z`, of which the fraction may be shorter, or missing. */
function timeOf(bytes: Buffer, at: number, to: number): number {
  if (bytes[to - 1] !== z) return NaN;
  const month = digits(bytes, at + 5, at + 7);
  const day = Date.UTC(digits(bytes, at, at + 4), month - 1, digits(bytes, at + 8, at + 10));
  const minutes = digits(bytes, at + 11, at + 13) * 60 + digits(bytes, at + 14, at + 16);
  const seconds = minutes * 60 + digits(bytes, at + 17, at + 19);
  return day + seconds * 1_000 + millisecond(bytes, at + 19, to - 1);
}

/** Of a fraction of a second, `.123456789`, or none. */
function millisecond(bytes: Buffer, from: number, to: number): number {
  if (from === to) return 0;
  if (bytes[from] !== dot) return NaN;
  const count = Math.min(3, to - from - 1);
  const value = digits(bytes, from + 1, from + 1 + count);
  return count === 3 ? value : value * (count === 2 ? 10 : 100);
}
