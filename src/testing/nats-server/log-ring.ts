/** Keeps the last bytes of a log, and forgets the first ones. */
export class LogRing {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  append(chunk: Buffer): void {
    this.#chunks.push(chunk.subarray(-this.#maxBytes));
    this.#bytes += this.#chunks.at(-1)?.length ?? 0;
    while (this.#bytes - (this.#chunks[0]?.length ?? 0) >= this.#maxBytes) {
      this.#bytes -= this.#chunks.shift()?.length ?? 0;
    }
  }

  /** What is kept: at least the last `maxBytes` bytes that came, less than twice as many. */
  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  /** The last lines, at most `count`, without the line end after them. */
  tail(count: number): string {
    return this.text().trimEnd().split("\n").slice(-count).join("\n");
  }
}
